import { Button, NativeSelect } from '@mantine/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useLoaded } from '../cases/use.ts';
import { reasonOf } from '../customer/use.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import './insight/insight.css';
import { PLAN_TEMPLATES, type PlanTemplates, planFields } from './plans.ts';
import { RecordEditor } from './RecordEditor.tsx';

/** Templates of success plans, and starting one for a segment. */
export function PlansEditor() {
  const desk = useDesk();
  const t = useTexts();
  const { office } = useView();
  const [changes, setChanges] = useState(0);
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
        onChange={() => setChanges((before) => before + 1)}
      />
      <ForSegment key={changes} />
    </>
  );
}

interface Told {
  started: number;
  known: number;
  left_out: number;
}

interface Run {
  state: 'idle' | 'running' | 'done';
  told: Told | null;
  begin: (template: string, segment: string) => Promise<void>;
  stop: () => void;
}

/** Starts a plan for a segment, some customers at a time, until it is through or stopped. */
function useRun(): Run {
  const desk = useDesk();
  const [told, setTold] = useState<Told | null>(null);
  const [state, setState] = useState<Run['state']>('idle');
  const going = useRef(false);
  const stop = useCallback(() => {
    going.current = false;
  }, []);
  useEffect(() => stop, [stop]);
  const begin = async (template: string, segment: string) => {
    const path = `/api/v1/plan-templates/${encodeURIComponent(template)}/members`;
    const sum: Told = { started: 0, known: 0, left_out: 0 };
    let after = '';
    going.current = true;
    setState('running');
    try {
      do {
        const body = { segment, after };
        const page = await desk.call<Told & { next: string }>({ method: 'POST', path, body });
        sum.started += page.started;
        sum.known += page.known;
        sum.left_out += page.left_out;
        setTold({ ...sum });
        after = page.next;
      } while (after !== '' && going.current);
      setState(after === '' ? 'done' : 'idle');
    } catch (error) {
      desk.tell(reasonOf(error), false);
      setState('idle');
    }
    going.current = false;
  };
  return { state, told, begin, stop };
}

function ForSegment() {
  const t = useTexts();
  const { office, preferences } = useView();
  const { language } = preferences;
  const { value } = useLoaded<PlanTemplates>('/api/v1/plan-templates', { templates: [], version: 0 });
  const [template, setTemplate] = useState('');
  const [segment, setSegment] = useState('');
  const { state, told, begin, stop } = useRun();
  const chosen = template || (value.templates[0]?.template ?? '');
  const whose = segment || (office.segments.list[0]?.segment ?? '');
  if (chosen === '' || whose === '') return null;
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
          data={value.templates.map((one) => ({ value: one.template, label: label(one.name) }))}
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
          onClick={() => (state === 'running' ? stop() : void begin(chosen, whose))}
        >
          {t(state === 'running' ? 'planForStop' : 'planStart')}
        </Button>
      </div>
      <div role="status">
        {told && <p>{t('planForStarted', { ...told })}</p>}
        {state === 'done' && <p>{t('planForDone')}</p>}
      </div>
    </section>
  );
}
