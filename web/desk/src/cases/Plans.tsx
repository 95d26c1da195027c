import { day } from '@madoguchi/shared';
import { Button, NativeSelect } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { pathOf } from '../customer/book.ts';
import { reasonOf, wordText } from '../customer/use.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import type { Task } from './types.ts';
import { useLoaded } from './use.ts';

interface Template {
  template: string;
  name: { ja: string; en: string };
}

interface Plan {
  plan: string;
  template: string;
  tasks: Task[];
  done: number;
  open: number;
  overdue: number;
}

/** A customer's success plans: how far they are, one more, and an early end. `again` when tasks changed. */
export function Plans({ id, again }: { id: string; again: () => void }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const plans = useLoaded<{ plans: Plan[] }>(pathOf(id, '/plans'), { plans: [] });
  const templates = useLoaded<{ templates: Template[] }>('/api/v1/plan-templates', { templates: [] });
  const changed = () => {
    plans.again();
    again();
  };
  const nameOf = (template: string) => {
    const known = templates.value.templates.find((one) => one.template === template);
    return known?.name[language] || known?.name.ja || template;
  };
  // Nothing to show, and nothing to start.
  if (templates.value.templates.length === 0 && plans.value.plans.length === 0) return null;
  return (
    <section aria-label={t('planList')}>
      <h2>{t('planList')}</h2>
      {plans.state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      {plans.state === 'ready' && plans.value.plans.length === 0 && <p className="empty">{t('planNone')}</p>}
      <ul className="cases">
        {plans.value.plans.map((plan) => (
          <OnePlan key={plan.plan} id={id} plan={plan} name={nameOf(plan.template)} onChange={changed} />
        ))}
      </ul>
      <StartPlan id={id} templates={templates.value.templates} nameOf={nameOf} onDone={changed} />
    </section>
  );
}

interface OneProps {
  id: string;
  plan: Plan;
  name: string;
  onChange: () => void;
}

/** Keys go to the question when it is asked, and back to what asked it, or to the line when that is gone. */
function useAsking() {
  const [asking, setAsking] = useState(false);
  const first = useRef<HTMLButtonElement>(null);
  const asked = useRef<HTMLButtonElement>(null);
  const line = useRef<HTMLLIElement>(null);
  const back = useRef<'asked' | 'line' | null>(null);
  useEffect(() => {
    if (asking) first.current?.focus();
    else if (back.current !== null) (back.current === 'asked' ? asked : line).current?.focus();
  }, [asking]);
  const ask = () => setAsking(true);
  const close = (to: 'asked' | 'line') => {
    back.current = to;
    setAsking(false);
  };
  return { asking, ask, close, first, asked, line };
}

function OnePlan({ id, plan, name, onChange }: OneProps) {
  const desk = useDesk();
  const t = useTexts();
  const { language } = useView().preferences;
  const { asking, ask, close, first, asked, line } = useAsking();
  const end = async () => {
    const path = pathOf(id, `/plans/${encodeURIComponent(plan.plan)}/end`);
    try {
      await desk.call({ method: 'POST', path, body: {} });
      onChange();
      close('line');
    } catch (error) {
      desk.tell(reasonOf(error), false);
      close('asked');
    }
  };
  return (
    <li className="case" ref={line} tabIndex={-1}>
      <strong>{name}</strong>
      <span className="who-tags">
        <span className="tag">{t('planProgress', { done: plan.done, open: plan.open })}</span>
        {plan.overdue > 0 && (
          <span className="tag" data-late="true">
            ▲ {t('planOverdue', { n: plan.overdue })}
          </span>
        )}
        {plan.open > 0 && !asking && (
          <Button
            ref={asked}
            size="compact-xs"
            variant="default"
            aria-label={t('planEndThis', { name })}
            onClick={ask}
          >
            {t('planEnd')}
          </Button>
        )}
      </span>
      {asking && (
        <span className="row asking" role="alert">
          <span className="grow">{t('planEndAsk')}</span>
          <Button ref={first} size="compact-xs" variant="default" onClick={() => close('asked')}>
            {t('cancel')}
          </Button>
          <Button size="compact-xs" color="red.9" onClick={() => void end()}>
            {t('planEnd')}
          </Button>
        </span>
      )}
      <ol className="plan-steps">
        {plan.tasks.map((task) => (
          <li key={task.task}>
            {task.text || wordText(t, 'taskKind', task.kind)}{' '}
            <span className="hint">
              {day(task.at, language)} {t(`taskPhase_${task.phase}`)}
            </span>
          </li>
        ))}
      </ol>
    </li>
  );
}

interface StartProps {
  id: string;
  templates: readonly Template[];
  nameOf: (template: string) => string;
  onDone: () => void;
}

function StartPlan({ id, templates, nameOf, onDone }: StartProps) {
  const desk = useDesk();
  const t = useTexts();
  const [chosen, setChosen] = useState('');
  const [busy, setBusy] = useState(false);
  const template = chosen || (templates[0]?.template ?? '');
  if (template === '') return null;
  const start = async () => {
    setBusy(true);
    try {
      const told = await desk.call<{ known: boolean }>({
        method: 'POST',
        path: pathOf(id, '/plans'),
        body: { template },
      });
      desk.tell(told.known ? 'plan_known' : 'plan_started', true);
      onDone();
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
    setBusy(false);
  };
  return (
    <form
      className="identity-form"
      aria-label={t('planStart')}
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <NativeSelect
        size="xs"
        label={t('planChoose')}
        value={template}
        data={templates.map((one) => ({ value: one.template, label: nameOf(one.template) }))}
        onChange={(event) => setChosen(event.currentTarget.value)}
      />
      <Button type="submit" size="compact-sm" loading={busy}>
        {t('planStart')}
      </Button>
    </form>
  );
}
