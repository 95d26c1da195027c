import { clock, day } from '@madoguchi/shared';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { useSameId, wordText } from '../customer/use.ts';
import { useTexts, useView } from '../view/use.ts';
import { Plans } from './Plans.tsx';
import { TASK_KINDS, type Task, timeOf } from './types.ts';
import { useDeed, useLoaded } from './use.ts';

/** What is to be done for a customer, and when. */
export function Tasks({ records }: { records: readonly string[] }) {
  const t = useTexts();
  const query = new URLSearchParams({ records: records.join(',') });
  const tasks = useLoaded<{ tasks: Task[] }>(`/api/v1/tasks?${query}`, { tasks: [] });
  const [record = ''] = records;
  return (
    <>
      <h2>{t('taskList')}</h2>
      {tasks.state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      {tasks.state === 'ready' && tasks.value.tasks.length === 0 && <p className="empty">{t('taskNone')}</p>}
      <ul className="cases">
        {tasks.value.tasks.map((task) => (
          <Row key={task.task} task={task} onChange={tasks.again} />
        ))}
      </ul>
      <NewTask record={record} onDone={tasks.again} />
      <Plans id={record} again={tasks.again} />
    </>
  );
}

function Row({ task, onChange }: { task: Task; onChange: () => void }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const [busy, run] = useDeed();
  return (
    <li className="case">
      <span>{task.text || wordText(t, 'taskKind', task.kind)}</span>
      <span className="who-tags">
        <span className="tag">{wordText(t, 'taskKind', task.kind)}</span>
        <span className="tag">{t(`taskPhase_${task.phase}`)}</span>
        <span className="tag">
          {day(task.at, language)} {clock(task.at, language)}
        </span>
        <Button
          size="compact-xs"
          variant="default"
          loading={busy}
          aria-label={t('taskCancelThis', { text: task.text })}
          onClick={() =>
            void run(`/api/v1/tasks/${task.task}`, { do: 'cancel' }).then((done) => done && onChange())
          }
        >
          {t('taskCancel')}
        </Button>
      </span>
    </li>
  );
}

function NewTask({ record, onDone }: { record: string; onDone: () => void }) {
  const t = useTexts();
  const [busy, run] = useDeed();
  const ids = useSameId();
  const form = useRef<HTMLFormElement>(null);
  const plan = async () => {
    if (!form.current?.reportValidity()) return;
    const values = new FormData(form.current);
    const at = timeOf(String(values.get('at') ?? ''));
    const deed = { do: 'plan', record, kind: values.get('kind'), text: values.get('text'), at };
    if (await run(`/api/v1/tasks/${ids.of(deed)}`, deed)) {
      ids.done();
      form.current?.reset();
      onDone();
    }
  };
  return (
    <form
      ref={form}
      className="identity-form"
      aria-label={t('taskNew')}
      onSubmit={(event) => {
        event.preventDefault();
        void plan();
      }}
    >
      <NativeSelect
        name="kind"
        size="xs"
        label={t('taskKind')}
        data={TASK_KINDS.map((kind) => ({ value: kind, label: t(`taskKind_${kind}`) }))}
      />
      <TextInput name="text" size="xs" label={t('taskText')} required maxLength={2_000} />
      <TextInput name="at" size="xs" type="datetime-local" label={t('taskAt')} />
      <Button type="submit" size="compact-sm" loading={busy}>
        {t('taskNew')}
      </Button>
    </form>
  );
}
