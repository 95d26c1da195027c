import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Text } from '../../../texts.ts';
import { useDesk, useTexts, useView } from '../../../view/use.ts';
import { type Field, Fields } from '../../Fields.tsx';
import { useAct } from '../../useAct.ts';
import { faultOf, type PlanForm, planOf } from './campaign.ts';

interface FormProps {
  id: string;
  start: PlanForm;
  /** The campaign is there: its rules change from now on. */
  exists: boolean;
  saved: () => void;
}

/** The rules of a campaign: who calls, when, how often, and what becomes of who finds nobody. */
export function CampaignForm({ id, start, exists, saved }: FormProps) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const fields = useFields();
  const [form, setForm] = useState(start);
  const fault = faultOf(form);
  const save = () => {
    const plan = planOf(form);
    const path = exists ? `/api/v1/campaigns/${encodeURIComponent(id)}/do` : '/api/v1/campaigns';
    const body = exists ? { do: 'define', plan } : { id, plan };
    return act(() => desk.call({ method: 'POST', path, body }), 'saved');
  };
  return (
    <form
      className="dialog campaign-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (fault === null) void save().then((done) => done && saved());
      }}
    >
      <Fields fields={fields(form.mode)} value={form} onChange={setForm} />
      <div className="row end">
        {fault !== null && form.caller_id !== '' && <p className="hint bad">▲ {t(fault)}</p>}
        <Button type="submit" disabled={fault !== null || form.name.trim() === ''}>
          {t('saveRecord')}
        </Button>
      </div>
    </form>
  );
}

const seconds = (path: string, label: Text): Field => ({ path, label, kind: 'seconds', required: true });

function useFields(): (mode: PlanForm['mode']) => Field[] {
  const { office } = useView();
  const t = useTexts();
  const queues = office.queues.list.map((q) => ({ value: q.queue, label: q.name || q.queue }));
  const modes = (['preview', 'progressive'] as const).map((mode) => ({
    value: mode,
    label: t(`campaignMode_${mode}`),
  }));
  const days = (['1', '2', '3', '4', '5', '6', '7'] as const).map((n) => ({ value: n, label: t(`day${n}`) }));
  return (mode) => [
    { path: 'name', label: 'planName', kind: 'text', required: true },
    { path: 'mode', label: 'planMode', kind: 'select', options: modes, required: true },
    { path: 'queue', label: 'planQueue', kind: 'select', options: queues, required: true },
    { path: 'caller_id', label: 'planCaller', kind: 'text', required: true },
    {
      path: 'hours',
      label: 'planHours',
      kind: 'rows',
      fresh: { days: [], from: '09:00', to: '18:00' },
      columns: [
        { path: 'days', label: 'planDays', kind: 'several', options: days },
        { path: 'from', label: 'planFrom', kind: 'time', required: true },
        { path: 'to', label: 'planTo', kind: 'time', required: true },
      ],
    },
    {
      path: 'closed',
      label: 'planClosed',
      kind: 'rows',
      fresh: { date: '' },
      columns: [{ path: 'date', label: 'planDate', kind: 'date', required: true }],
    },
    { path: 'attempts', label: 'planAttempts', kind: 'number', min: 1, max: 20, required: true },
    { path: 'attempts_per_day', label: 'planPerDay', kind: 'number', min: 1, max: 10, required: true },
    seconds('ring_ms', 'planRing'),
    ...(mode === 'preview' ? [seconds('preview_ms', 'planPreview')] : []),
    seconds('pauses.busy_ms', 'planBusy'),
    seconds('pauses.no_answer_ms', 'planNoAnswer'),
    seconds('pauses.abandoned_ms', 'planAbandoned'),
    seconds('pauses.failed_ms', 'planFailed'),
    { path: 'abandon.permille', label: 'planCap', kind: 'number', max: 30, required: true },
    seconds('abandon.window_ms', 'planCapWindow'),
    ...(mode === 'progressive'
      ? [
          seconds('within_ms', 'planWithin'),
          { path: 'ja', label: 'planSorryJa', kind: 'area' } as const,
          { path: 'en', label: 'planSorryEn', kind: 'area' } as const,
        ]
      : []),
  ];
}
