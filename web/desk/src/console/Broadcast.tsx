import { ago, type Language, type NoticeCard, textIn } from '@madoguchi/shared';
import { Button, Modal, NativeSelect, NumberInput, Textarea } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { useDesk, useNow, useTexts, useView } from '../view/use.ts';
import type { Floor } from './types.ts';
import { useAct } from './useAct.ts';

interface SentNotice extends NoticeCard {
  to: string;
  of: number;
  read: number;
}

const MAX_CHARS = 500;
const MAX_MINUTES = 10_080;

/** A supervisor's word to all agents, to those of a queue or of a unit. */
export function Broadcast({ floor }: { floor: Floor }) {
  const t = useTexts();
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button variant="default" size="compact-md" onClick={() => setOpened(true)}>
        {t('broadcast')}
      </Button>
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={t('broadcastTitle')}
        size="lg"
        closeButtonProps={{ 'aria-label': t('dismiss') }}
      >
        <Body floor={floor} />
      </Modal>
    </>
  );
}

/** `all`, `queue support` or `unit returns`, as the center takes it. */
export function toOf(choice: string): 'all' | { queue: string } | { unit: string } {
  const [kind = 'all', ...rest] = choice.split(' ');
  const id = rest.join(' ');
  if (kind === 'queue') return { queue: id };
  return kind === 'unit' ? { unit: id } : 'all';
}

function useChoices({ queues, agents }: Floor): { value: string; label: string }[] {
  const t = useTexts();
  const units = [...new Set(agents.map((agent) => agent.unit ?? ''))].filter((unit) => unit !== '');
  return [
    { value: 'all', label: t('broadcastAll') },
    ...queues.map((q) => ({
      value: `queue ${q.queue}`,
      label: t('broadcastQueue', { name: q.name || q.queue }),
    })),
    ...units.map((unit) => ({ value: `unit ${unit}`, label: t('broadcastUnit', { name: unit }) })),
  ];
}

function Body({ floor }: { floor: Floor }) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const choices = useChoices(floor);
  const [ja, setJa] = useState('');
  const [en, setEn] = useState('');
  const [to, setTo] = useState('all');
  const [minutes, setMinutes] = useState<number | string>(60);
  const [sent, setSent] = useState<readonly SentNotice[]>([]);
  const load = useCallback(async () => {
    try {
      setSent(await desk.call<SentNotice[]>({ path: '/api/v1/notices' }));
    } catch {
      // The list stays as it was.
    }
  }, [desk]);
  useEffect(() => void load(), [load]);
  const send = async () => {
    const body = { ja: ja.trim(), en: en.trim(), to: toOf(to), minutes: Number(minutes) };
    const done = await act(() => desk.call({ method: 'POST', path: '/api/v1/notices', body }), 'sent');
    if (!done) return;
    setJa('');
    setEn('');
    await load();
  };
  const takeBack = async (id: string) => {
    await act(
      () => desk.call({ method: 'DELETE', path: `/api/v1/notices/${encodeURIComponent(id)}` }),
      'removed',
    );
    await load();
  };
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <NativeSelect
        label={t('broadcastTo')}
        data={choices}
        value={to}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <Words label={t('broadcastJa')} value={ja} onChange={setJa} />
      <Words label={t('broadcastEn')} value={en} onChange={setEn} />
      <NumberInput
        label={t('broadcastMinutes')}
        min={1}
        max={MAX_MINUTES}
        required
        withAsterisk
        hideControls
        value={minutes}
        onChange={setMinutes}
      />
      <div className="row end">
        <Button type="submit" disabled={ja.trim() === '' && en.trim() === ''}>
          {t('broadcastSend')}
        </Button>
      </div>
      <Sent sent={sent} choices={choices} takeBack={(id) => void takeBack(id)} />
    </form>
  );
}

interface WordsProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

function Words({ label, value, onChange }: WordsProps) {
  return (
    <Textarea
      label={label}
      autosize
      minRows={2}
      maxRows={6}
      maxLength={MAX_CHARS}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

interface SentProps {
  sent: readonly SentNotice[];
  choices: readonly { value: string; label: string }[];
  takeBack: (id: string) => void;
}

function Sent({ sent, choices, takeBack }: SentProps) {
  const t = useTexts();
  const now = useNow(30_000);
  const { language }: { language: Language } = useView().preferences;
  if (sent.length === 0) return null;
  return (
    <>
      <h2>{t('broadcastSent')}</h2>
      <ol className="changes">
        {sent.map((one) => (
          <li key={one.id} className="row">
            <span className="grow">{textIn(one, language)}</span>
            <span className="tag">{choices.find((c) => c.value === one.to)?.label ?? one.to}</span>
            <span>
              {one.of > 0
                ? t('broadcastReadOf', { n: one.read, of: one.of })
                : t('broadcastRead', { n: one.read })}
            </span>
            <time>{ago(one.at, now, language)}</time>
            <Button size="compact-sm" variant="default" onClick={() => takeBack(one.id)}>
              {t('broadcastBack')}
            </Button>
          </li>
        ))}
      </ol>
    </>
  );
}
