import { type Call, type CallTarget, dialable, fold } from '@madoguchi/shared';
import { Button, Textarea, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { Colleague, QueueState } from '../store/office.ts';
import { MARKS } from '../view/Header.tsx';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';

type Target = { key: string; to: CallTarget; name: string; mark: string; state: string; dim: boolean };

function useTargets(): { queues: Target[]; agents: Target[] } {
  const { office, account } = useView();
  const t = useTexts();
  const queues = office.queues.list.map((q: QueueState) => ({
    key: `queue ${q.queue}`,
    to: { queue: q.queue },
    name: q.name || q.queue,
    mark: q.open === false ? '▢' : '■',
    state: `${t(q.open === false ? 'queueClosed' : 'queueOpen')}・${t('waitingN', { n: q.waiting })}`,
    dim: q.open === false,
  }));
  const rank = (a: Colleague) => (a.availability === 'ready' ? 0 : 1);
  const agents = [...office.agents.list]
    .filter((a) => a.id !== account?.id)
    .sort((a, b) => rank(a) - rank(b))
    .map((a) => ({
      key: `agent ${a.id}`,
      to: { agent: a.id },
      name: a.name || a.id,
      mark: MARKS[a.availability] ?? '○',
      state: t(a.availability),
      dim: a.availability === 'offline',
    }));
  return { queues, agents };
}

/** To whom the call goes: a queue, a colleague, or a number outside; at once or after a talk with them. */
export function CallTransfer({ call }: { call: Call }) {
  const desk = useDesk();
  const { open } = useUi();
  const t = useTexts();
  const [query, setQuery] = useState('');
  const [number, setNumber] = useState('');
  const [chosen, setChosen] = useState('');
  const summary = useRef<HTMLTextAreaElement>(null);
  useEffect(() => void desk.office.load(['agents', 'queues']), [desk]);
  const { queues, agents } = useTargets();
  const outside = dialable(number);
  const picked = [...queues, ...agents].find((one) => one.key === chosen)?.to;
  const to = number !== '' ? (outside === null ? undefined : { number: outside }) : picked;
  const fits = (one: Target) => fold(one.name).includes(fold(query));
  const go = async (deed: 'transfer' | 'consult') => {
    if (!to) return;
    const text = summary.current?.value.trim() ?? '';
    if (await desk.phone.do(call.call, deed, { to, ...(text === '' ? {} : { summary: text }) })) open(null);
  };
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void go('transfer');
      }}
    >
      <div className="targets">
        <TextInput
          label={t('transferFilter')}
          data-autofocus
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        <TextInput
          label={t('transferToNumber')}
          type="tel"
          placeholder={t('transferNumberHint')}
          value={number}
          error={number.length > 5 && outside === null ? t('transferNumberBad') : undefined}
          onChange={(event) => setNumber(event.currentTarget.value)}
        />
        <List title={t('transferToQueue')} list={queues.filter(fits)} {...{ chosen, setChosen, number }} />
        <List title={t('transferToAgent')} list={agents.filter(fits)} {...{ chosen, setChosen, number }} />
      </div>
      <Textarea
        ref={summary}
        label={t('transferSummary')}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={2_000}
      />
      <div className="row end">
        <Button variant="default" onClick={() => open(null)}>
          {t('cancel')}
        </Button>
        <Button variant="default" disabled={!to || to.queue !== undefined} onClick={() => void go('consult')}>
          {t('transferConsult')}
        </Button>
        <Button type="submit" disabled={!to}>
          {t('transferBlind')}
        </Button>
      </div>
    </form>
  );
}

interface ListProps {
  title: string;
  list: readonly Target[];
  chosen: string;
  setChosen: (key: string) => void;
  /** A typed number goes before what is chosen. */
  number: string;
}

function List({ title, list, chosen, setChosen, number }: ListProps) {
  const t = useTexts();
  return (
    <fieldset className="target-list" disabled={number !== ''}>
      <legend>{title}</legend>
      {list.length === 0 && <p className="empty">{t('nothingFound')}</p>}
      {list.map((target) => (
        <label key={target.key} className={target.dim ? 'target dim' : 'target'}>
          <input
            type="radio"
            name="call-target"
            value={target.key}
            checked={chosen === target.key && number === ''}
            onChange={() => setChosen(target.key)}
          />
          <strong className="grow clip">{target.name}</strong>
          <span className="target-state">
            <span aria-hidden="true">{target.mark}</span> {target.state}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
