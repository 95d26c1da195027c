import { day } from '@madoguchi/shared';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useCalled } from '../customer/called.ts';
import { useSameId, wordText } from '../customer/use.ts';
import { agentName } from '../store/view.ts';
import { useNow, useTexts, useView } from '../view/use.ts';
import { OneCase } from './OneCase.tsx';
import { Tasks } from './Tasks.tsx';
import { CASE_KINDS, type Case, dueOf } from './types.ts';
import { useDeed, useLoaded } from './use.ts';

interface Props {
  /** The customer's records; the first one gets what is new. */
  records: readonly string[];
  /** The conversation at hand; empty: none. */
  conversation?: string;
}

/** A customer's cases and tasks. */
export function Cases({ records, conversation = '' }: Props) {
  const t = useTexts();
  const query = new URLSearchParams({ records: records.join(','), solved: 'true' });
  const cases = useLoaded<{ cases: Case[] }>(`/api/v1/cases?${query}`, { cases: [] });
  const [opened, setOpened] = useState('');
  const [record = ''] = records;
  if (opened) return <OneCase id={opened} onBack={() => setOpened('')} onChange={cases.again} />;
  return (
    <>
      <h2>{t('caseList')}</h2>
      <div aria-live="polite">
        {cases.state === 'loading' && <p className="empty">{t('loading')}</p>}
        {cases.state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
        {cases.state === 'ready' && cases.value.cases.length === 0 && (
          <p className="empty">{t('caseNone')}</p>
        )}
      </div>
      <CaseList cases={cases.value.cases} onOpen={setOpened} />
      <NewCase record={record} conversation={conversation} onDone={cases.again} />
      <Tasks records={records} />
    </>
  );
}

export function CaseList({ cases, onOpen }: { cases: readonly Case[]; onOpen: (id: string) => void }) {
  const view = useView();
  const t = useTexts();
  const now = useNow(30_000);
  const called = useCalled();
  const { language } = view.preferences;
  return (
    <ul className="cases">
      {cases.map((one) => {
        const due = dueOf(one, now);
        return (
          <li key={one.case} data-late={due?.late === true}>
            <button type="button" className="case" onClick={() => onOpen(one.case)}>
              <strong>{one.title || t('caseUntitled')}</strong>
              <span className="who-tags">
                <span className="tag">{wordText(t, 'caseKind', one.kind)}</span>
                <span className="tag">{t(`casePhase_${one.phase}`)}</span>
                <span className="tag">{called.department(one.department)}</span>
                {one.owner && <span className="tag">{agentName(view, one.owner)}</span>}
                {due && (
                  <span className="tag" data-late={due.late}>
                    {due.late ? '▲ ' : ''}
                    {t(due.late ? 'caseLate' : 'caseDue', { day: day(due.at, language) })}
                  </span>
                )}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function NewCase({
  record,
  conversation,
  onDone,
}: {
  record: string;
  conversation: string;
  onDone: () => void;
}) {
  const t = useTexts();
  const [busy, run] = useDeed();
  const ids = useSameId();
  const form = useRef<HTMLFormElement>(null);
  const open = async () => {
    if (!form.current?.reportValidity()) return;
    const values = new FormData(form.current);
    const deed = { do: 'open', record, conversation, kind: values.get('kind'), title: values.get('title') };
    if (await run(`/api/v1/cases/${ids.of(deed)}`, deed)) {
      ids.done();
      form.current?.reset();
      onDone();
    }
  };
  return (
    <form
      ref={form}
      className="identity-form"
      aria-label={t('caseNew')}
      onSubmit={(event) => {
        event.preventDefault();
        void open();
      }}
    >
      <NativeSelect
        name="kind"
        size="xs"
        label={t('caseKind')}
        data={CASE_KINDS.map((kind) => ({ value: kind, label: t(`caseKind_${kind}`) }))}
      />
      <TextInput name="title" size="xs" label={t('caseTitle')} required maxLength={200} />
      <Button type="submit" size="compact-sm" loading={busy}>
        {t('caseNew')}
      </Button>
    </form>
  );
}
