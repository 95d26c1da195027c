import { clock, day } from '@madoguchi/shared';
import { Button, NativeSelect, Textarea } from '@mantine/core';
import { type ReactNode, useRef, useState } from 'react';
import { useCalled } from '../customer/called.ts';
import { wordText } from '../customer/use.ts';
import { agentName } from '../store/view.ts';
import { useTexts, useView } from '../view/use.ts';
import { CaseWay } from './CaseWay.tsx';
import { type Case, type CaseEntry, CODES, timeOf, WAITS } from './types.ts';
import { useDeed, useLoaded } from './use.ts';

interface Whole {
  case: Case | null;
  entries: CaseEntry[];
}

interface Props {
  id: string;
  onBack: () => void;
  onChange: () => void;
}

/** One case: what happened, and what can be done. */
export function OneCase({ id, onBack, onChange }: Props) {
  const t = useTexts();
  const { state, value, again } = useLoaded<Whole>(`/api/v1/cases/${id}`, { case: null, entries: [] });
  const changed = () => {
    again();
    onChange();
  };
  return (
    <section aria-label={t('caseOne')}>
      <p>
        <Button size="compact-xs" variant="default" onClick={onBack}>
          {t('caseBack')}
        </Button>
      </p>
      {state === 'loading' && <p className="empty">{t('loading')}</p>}
      {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      {value.case && (
        <>
          <h2>{value.case.title || t('caseUntitled')}</h2>
          <History entries={value.entries} />
          <Deeds one={value.case} onChange={changed} />
          <CaseWay record={value.case.record} openedAt={value.case.opened_at} />
        </>
      )}
    </section>
  );
}

function History({ entries }: { entries: readonly CaseEntry[] }) {
  const view = useView();
  const t = useTexts();
  const called = useCalled();
  const { language } = view.preferences;
  return (
    <ol className="case-history">
      {entries.map((entry, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what happened is only added to.
        <li key={at}>
          <p className="moment-head">
            <span>
              <strong>{wordText(t, 'caseWhat', entry.what)}</strong> {wordOf(entry)}
            </span>
            <time dateTime={new Date(entry.at).toISOString()}>
              {day(entry.at, language)} {clock(entry.at, language)}
            </time>
          </p>
          {entry.text && <p>{entry.text}</p>}
          {entry.by && <p className="hint">{agentName(view, entry.by)}</p>}
        </li>
      ))}
    </ol>
  );

  function wordOf({ what, word }: CaseEntry): string {
    if (word === '' || what === 'joined' || what === 'attached') return '';
    if (what === 'assigned') return agentName(view, word);
    if (what === 'opened' || what === 'handed_over') return called.department(word);
    const prefix = {
      waited: 'waits',
      solved: 'code',
      escalated: 'lateWith',
    }[what];
    return prefix ? wordText(t, prefix, word) : word;
  }
}

function Deeds({ one, onChange }: { one: Case; onChange: () => void }) {
  const { account } = useView();
  const t = useTexts();
  const called = useCalled();
  const [busy, run] = useDeed();
  const form = useRef<HTMLFormElement>(null);
  const me = account?.id ?? '';
  const deed = async (body: object) => {
    if (await run(`/api/v1/cases/${one.case}`, body)) {
      form.current?.reset();
      onChange();
    }
  };
  const told = (name: string) => String(new FormData(form.current ?? undefined).get(name) ?? '').trim();
  const button = (label: ReactNode, body: () => object) => (
    <Button size="compact-sm" variant="default" loading={busy} onClick={() => void deed(body())}>
      {label}
    </Button>
  );
  const note = () => {
    if (told('text') !== '') void deed({ do: 'note', text: told('text') });
  };
  const options = (prefix: string, words: readonly string[]) =>
    words.map((word) => ({ value: word, label: wordText(t, prefix, word) }));
  const others = called.departments.filter((department) => department !== one.department);
  return (
    <form ref={form} className="case-deeds" onSubmit={(event) => event.preventDefault()}>
      <Textarea name="text" size="xs" label={t('caseNote')} maxLength={4_000} autosize minRows={2} />
      <Button size="compact-sm" loading={busy} onClick={note}>
        {t('caseNoteDo')}
      </Button>
      {one.phase === 'solved' ? (
        button(t('caseReopen'), () => ({ do: 'reopen' }))
      ) : (
        <>
          {one.owner !== me && button(t('caseTake'), () => ({ do: 'assign', owner: me }))}
          {account?.role === 'supervisor' && (
            <AssignTo owner={one.owner} busy={busy} onGive={(owner) => void deed({ do: 'assign', owner })} />
          )}
          <span className="row">
            <NativeSelect
              name="department"
              size="xs"
              label={t('caseHandTo')}
              data={others.map((word) => ({ value: word, label: called.department(word) }))}
            />
            <Button
              size="compact-sm"
              variant="default"
              loading={busy}
              onClick={() => {
                void deed({ do: 'hand_over', department: told('department'), text: told('text') });
              }}
            >
              {t('caseHandOver')}
            </Button>
          </span>
          {one.phase === 'waiting' ? (
            button(t('caseResume'), () => ({ do: 'resume' }))
          ) : (
            <span className="row">
              <NativeSelect name="whom" size="xs" label={t('caseWaits')} data={options('waits', WAITS)} />
              <input name="until" type="datetime-local" aria-label={t('caseUntil')} />
              {button(t('caseWait'), () => ({
                do: 'wait',
                whom: told('whom'),
                until: timeOf(told('until')),
              }))}
            </span>
          )}
          <span className="row">
            <NativeSelect name="code" size="xs" label={t('caseCode')} data={options('code', CODES)} />
            {button(t('caseSolve'), () => ({ do: 'solve', code: told('code') }))}
          </span>
        </>
      )}
    </form>
  );
}

/** Supervisors give a case to somebody. */
function AssignTo({
  owner,
  busy,
  onGive,
}: {
  owner: string;
  busy: boolean;
  onGive: (owner: string) => void;
}) {
  const { office } = useView();
  const t = useTexts();
  const others = office.agents.list.filter((agent) => agent.id !== owner);
  const [chosen, setChosen] = useState('');
  const to = others.some((agent) => agent.id === chosen) ? chosen : (others[0]?.id ?? '');
  return (
    <span className="row">
      <NativeSelect
        size="xs"
        label={t('caseOwner')}
        value={to}
        data={others.map((agent) => ({ value: agent.id, label: agent.name || agent.id }))}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <Button
        size="compact-sm"
        variant="default"
        loading={busy}
        disabled={to === ''}
        onClick={() => onGive(to)}
      >
        {t('caseAssign')}
      </Button>
    </span>
  );
}
