import { duration } from '@madoguchi/shared';
import { Button, NativeSelect } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useCalled } from '../customer/called.ts';
import { useUi } from '../view/ui.ts';
import { useDesk, useNow, useTexts, useView } from '../view/use.ts';
import '../console/console.css';
import './board.css';
import { boardOf, lateIn, NOBODY, SHOWN, type Shown } from './board.ts';
import { CaseList } from './Cases.tsx';
import { OneCase } from './OneCase.tsx';
import type { Case } from './types.ts';
import { type BoardView, useBoard } from './useBoard.ts';

/** All departments' cases, for supervisors: what is overdue first, one beside the list, handed on from there. */
export default function Board() {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow(5_000);
  const called = useCalled();
  const [department, setDepartment] = useState('');
  const [owner, setOwner] = useState('');
  const [shown, setShown] = useState<Shown>('unsolved');
  const [opened, setOpened] = useState('');
  const [board, again] = useBoard(department, shown === 'solved');
  useEffect(() => void desk.office.load(['agents']), [desk]);
  const list = boardOf(board.cases, shown, owner, now);
  const one = board.cases.find((known) => known.case === opened);
  return (
    <div className="case-board" data-opened={opened !== ''}>
      <h1 className="unseen">{t('page_cases')}</h1>
      <section className="card" aria-label={t('caseList')}>
        <div className="row case-filters">
          <NativeSelect
            size="xs"
            label={t('boardDepartment')}
            value={department}
            data={[
              { value: '', label: t('boardAll') },
              ...called.departments.map((word) => ({ value: word, label: called.department(word) })),
            ]}
            onChange={(event) => setDepartment(event.currentTarget.value)}
          />
          <Owners value={owner} onChange={setOwner} />
          <NativeSelect
            size="xs"
            label={t('boardState')}
            value={shown}
            data={SHOWN.map((word) => ({ value: word, label: t(`boardShown_${word}`) }))}
            onChange={(event) => setShown(event.currentTarget.value as Shown)}
          />
        </div>
        <Note board={board} listed={list} now={now} />
        <CaseList cases={list} onOpen={setOpened} />
      </section>
      {opened !== '' && (
        <div className="card">
          {one && <Customer record={one.record} />}
          <OneCase key={opened} id={opened} onBack={() => setOpened('')} onChange={again} />
        </div>
      )}
    </div>
  );
}

function Owners({ value, onChange }: { value: string; onChange: (owner: string) => void }) {
  const { office } = useView();
  const t = useTexts();
  return (
    <NativeSelect
      size="xs"
      label={t('boardOwner')}
      value={value}
      data={[
        { value: '', label: t('boardAll') },
        { value: NOBODY, label: t('boardNobody') },
        ...office.agents.list.map((agent) => ({ value: agent.id, label: agent.name || agent.id })),
      ]}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

/** How many there are, and whether the list is whole and new. */
function Note({ board, listed, now }: { board: BoardView; listed: readonly Case[]; now: number }) {
  const t = useTexts();
  const { state, at, more } = board;
  const late = lateIn(listed, now);
  return (
    <div role="status">
      {state === 'failed' && at > 0 && (
        <p className="banner bad">▲ {t('boardStale', { time: duration(now - at) })}</p>
      )}
      {state === 'failed' && at === 0 && <p className="empty">{t('notLoaded')}</p>}
      {state === 'loading' && <p className="empty">{t('loading')}</p>}
      {state === 'ready' && listed.length === 0 && <p className="empty">{t('boardNone')}</p>}
      {listed.length > 0 && (
        <p>
          {t('boardCount', { n: listed.length })}{' '}
          {late > 0 && <strong className="late">▲ {t('boardLate', { n: late })}</strong>}
        </p>
      )}
      {more && <p className="hint">{t('boardMore')}</p>}
    </div>
  );
}

/** Whose case it is: their record, without a conversation. */
function Customer({ record }: { record: string }) {
  const desk = useDesk();
  const { open } = useUi();
  const t = useTexts();
  return (
    <p className="row end">
      <Button
        size="compact-xs"
        variant="default"
        onClick={() => {
          desk.meet(record);
          open('person');
        }}
      >
        {t('boardCustomer')}
      </Button>
    </p>
  );
}
