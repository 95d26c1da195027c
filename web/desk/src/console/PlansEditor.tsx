import { Button, NativeSelect } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useLoaded } from '../cases/use.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import './insight/insight.css';
import { PLAN_TEMPLATES, type PlanTemplate, type PlanTemplates, planFields } from './plans.ts';
import { RecordEditor } from './RecordEditor.tsx';
import { useRun } from './useRun.ts';

/** Templates of success plans, and starting one for a segment. */
export function PlansEditor() {
  const desk = useDesk();
  const t = useTexts();
  const { office } = useView();
  const { value, again } = useLoaded<PlanTemplates>('/api/v1/plan-templates', { templates: [], version: 0 });
  useEffect(() => void desk.office.load(['segments']), [desk]);
  const anchors = (['start', 'purchase', 'delivery'] as const).map((value) => ({
    value,
    label: t(`planAnchor_${value}`),
  }));
  const queues = office.queues.list.map((queue) => ({
    value: queue.queue,
    label: queue.name || queue.queue,
  }));
  const usual = { value: '', label: t('planStepQueueUsual') };
  return (
    <>
      <p className="hint">{t('plansHint')}</p>
      <RecordEditor
        resource={PLAN_TEMPLATES}
        fields={planFields(anchors, [usual, ...queues])}
        tagOf={(form) => t('planVersion', { n: form.version })}
        onChange={again}
      />
      <ForSegment templates={value.templates} />
    </>
  );
}

const SUMS = ['started', 'known', 'left_out'] as const;

/** Stays as it is while templates change: it may be under way. */
function ForSegment({ templates }: { templates: readonly PlanTemplate[] }) {
  const t = useTexts();
  const { office, preferences } = useView();
  const { language } = preferences;
  const [template, setTemplate] = useState('');
  const [segment, setSegment] = useState('');
  const { state, told, begin, stop } = useRun(SUMS);
  const chosen = template || (templates[0]?.template ?? '');
  const whose = segment || (office.segments.list[0]?.segment ?? '');
  if (chosen === '' || whose === '') return null;
  const start = () => {
    const path = `/api/v1/plan-templates/${encodeURIComponent(chosen)}/members`;
    void begin(path, { segment: whose });
  };
  const label = (name: { ja: string; en: string }) => name[language] || name.ja;
  return (
    <section className="card" aria-label={t('planForSegment')}>
      <h2>{t('planForSegment')}</h2>
      <p className="hint">{t('planForSegmentHint')}</p>
      <div className="row insight-filters">
        <NativeSelect
          size="xs"
          label={t('planForWhich')}
          value={chosen}
          disabled={state === 'running'}
          data={templates.map((one) => ({ value: one.template, label: label(one.name) }))}
          onChange={(event) => setTemplate(event.currentTarget.value)}
        />
        <NativeSelect
          size="xs"
          label={t('tab_segments')}
          value={whose}
          disabled={state === 'running'}
          data={office.segments.list.map((one) => ({ value: one.segment, label: label(one.name) }))}
          onChange={(event) => setSegment(event.currentTarget.value)}
        />
        <Button
          size="compact-md"
          variant={state === 'running' ? 'default' : 'filled'}
          onClick={() => (state === 'running' ? stop() : start())}
        >
          {t(state === 'running' ? 'runStop' : 'planStart')}
        </Button>
      </div>
      <div role="status">
        {told && <p>{t('planForStarted', { ...told })}</p>}
        {state === 'done' && <p>{t('runDone')}</p>}
        {state === 'stopped' && <p>{t('runStopped')}</p>}
      </div>
    </section>
  );
}
