import {
  type Availability,
  duration,
  fold,
  type Language,
  type Thread,
  type Translate,
} from '@madoguchi/shared';
import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Colleague, QueueState } from '../store/office.ts';
import type { Text } from '../texts.ts';
import { MARKS } from './Header.tsx';
import { LoadedNote } from './LoadedNote.tsx';
import { useUi } from './ui.ts';
import { useDesk, useTexts, useView } from './use.ts';

export function TransferDialog({ thread }: { thread: Thread }) {
  const { dialog, open } = useUi();
  const t = useTexts();
  return (
    <Modal
      opened={dialog === 'transfer'}
      onClose={() => open(null)}
      title={t('transferTitle')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <TransferForm thread={thread} />
    </Modal>
  );
}

/** `約2分`, `about 40 s`: an expected wait, never more exact than it is known. */
export function waitText(t: Translate<Text>, ms: number | undefined, language: Language): string {
  if (ms === undefined || ms < 0) return t('unknownWait');
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1)
    return t('about', {
      time:
        language === 'ja'
          ? `${Math.max(5, Math.round(ms / 5_000) * 5)}秒`
          : `${Math.max(5, Math.round(ms / 5_000) * 5)} s`,
    });
  return t('about', { time: minutes < 60 ? `${minutes}${language === 'ja' ? '分' : ' min'}` : duration(ms) });
}

interface Target {
  key: string;
  queue: string;
  agent: string;
  name: string;
  mark: string;
  state: string;
  more: string;
  dim: boolean;
}

const ORDER: Record<Availability, number> = { ready: 0, after_work: 1, away: 2, offline: 3 };

function targetsOf(
  t: Translate<Text>,
  language: Language,
  queues: readonly QueueState[],
  agents: readonly Colleague[],
): { queues: Target[]; agents: Target[] } {
  return {
    queues: queues.map((q) => ({
      key: `queue ${q.queue}`,
      queue: q.queue,
      agent: '',
      name: q.name || q.queue,
      mark: q.open === false ? '▢' : '■',
      state: t(q.open === false ? 'queueClosed' : 'queueOpen'),
      more: `${t('waitingN', { n: q.waiting })}・${waitText(t, q.expected_wait_ms, language)}`,
      dim: q.open === false,
    })),
    agents: [...agents]
      .sort((a, b) => ORDER[a.availability] - ORDER[b.availability])
      .map((a) => ({
        key: `agent ${a.id}`,
        queue: '',
        agent: a.id,
        name: a.name || a.id,
        mark: MARKS[a.availability] ?? '○',
        state: t(a.availability),
        more: a.unit ?? '',
        dim: a.availability === 'offline',
      })),
  };
}

function TransferForm({ thread }: { thread: Thread }) {
  const desk = useDesk();
  const { office, account, preferences } = useView();
  const { open } = useUi();
  const t = useTexts();
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(`queue ${thread.queue}`);
  const [question, setQuestion] = useState('');
  useEffect(() => void desk.office.load(['agents', 'queues']), [desk]);
  const others = office.agents.list.filter((a) => a.id !== account?.id);
  // An older center tells no queues; its own queue is known from the conversation.
  const queues = office.queues.list.length > 0 ? office.queues.list : [{ queue: thread.queue, waiting: 0 }];
  const all = targetsOf(t, preferences.language, queues, others);
  const fits = (target: Target) =>
    fold(`${target.name} ${target.queue} ${target.more}`).includes(fold(query));
  const target = [...all.queues, ...all.agents].find((one) => one.key === chosen);
  const ask = async () => {
    if (!target) return;
    const whom = target.agent === '' ? { queue: target.queue } : { agent: target.agent };
    if (await desk.consult(thread.conversation, whom, question.trim())) open(null);
  };
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        if (!target) return;
        const queue = target.agent === '' ? target.queue : thread.queue;
        desk.transfer(thread.conversation, queue, target.agent, question.trim());
        open(null);
      }}
    >
      <TextInput
        label={t('transferFilter')}
        data-autofocus
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <div className="targets">
        <Targets
          title={t('transferToQueue')}
          list={all.queues.filter(fits)}
          chosen={chosen}
          choose={setChosen}
        />
        <Targets
          title={t('transferToAgent')}
          list={all.agents.filter(fits)}
          chosen={chosen}
          choose={setChosen}
        >
          <LoadedNote loaded={office.agents} />
        </Targets>
      </div>
      <Textarea
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        label={t('transferSummary')}
        description={t('consultHint')}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={2_000}
      />
      <div className="row end">
        <Button variant="default" onClick={() => open(null)}>
          {t('cancel')}
        </Button>
        <Button variant="default" disabled={!target || question.trim() === ''} onClick={() => void ask()}>
          {t('consult')}
        </Button>
        <Button type="submit" disabled={!target}>
          {t('transferDo')}
        </Button>
      </div>
    </form>
  );
}

interface TargetsProps {
  title: string;
  list: readonly Target[];
  chosen: string;
  choose: (key: string) => void;
  children?: React.ReactNode;
}

function Targets({ title, list, chosen, choose, children }: TargetsProps) {
  return (
    <fieldset className="target-list">
      <legend>{title}</legend>
      {list.length === 0 && <p className="empty">{children}</p>}
      {list.map((target) => (
        <label key={target.key} className={target.dim ? 'target dim' : 'target'}>
          <input
            type="radio"
            name="target"
            value={target.key}
            checked={chosen === target.key}
            onChange={() => choose(target.key)}
          />
          <span className="grow clip">
            <strong>{target.name}</strong>
            <span className="target-more">{target.more}</span>
          </span>
          <span className="target-state">
            <span aria-hidden="true">{target.mark}</span> {target.state}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
