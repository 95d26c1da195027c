import { day } from '@madoguchi/shared';
import { Button, NumberInput, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { useLoaded } from '../cases/use.ts';
import { reasonOf } from '../customer/use.ts';
import { agentName } from '../store/view.ts';
import { NotYet } from '../view/NotYet.tsx';
import { useDesk, useTexts, useView } from '../view/use.ts';
import type { Hold, Retention as Kept, Preview, Rules } from './outward.ts';
import { useAct } from './useAct.ts';

/** After how long somebody is erased, and who is kept whatever comes. */
export function Retention() {
  const t = useTexts();
  const { state, value, again } = useLoaded<Kept | null>('/api/v1/retention', null);
  return (
    <>
      <p className="hint">{t('keepHint')}</p>
      <NotYet state={state} again={again} />
      {value && <Form kept={value} again={again} />}
      <Holds />
    </>
  );
}

const FIELDS = [
  { field: 'prospect_days', label: 'keepProspect', min: 0, max: 36_500 },
  { field: 'customer_days', label: 'keepCustomer', min: 0, max: 36_500 },
  { field: 'most_per_run', label: 'keepMost', min: 1, max: 1_000 },
] as const;

/** Rules as they are typed: a field that is empty for now is no number. */
type Typed = Record<(typeof FIELDS)[number]['field'], number | ''> & { version: number };

/** What the form shows: what was typed, else the newest that the center told. */
function useRules(kept: Kept, again: () => void) {
  const desk = useDesk();
  const [saved, setSaved] = useState<Rules>(kept.rules);
  const [typed, setTyped] = useState<Typed | null>(null);
  const stored = saved.version > kept.rules.version ? saved : kept.rules;
  const save = async (body: Typed) => {
    try {
      setSaved((await desk.call<Kept>({ method: 'PUT', path: '/api/v1/retention', body })).rules);
      setTyped(null);
      desk.tell('saved', true);
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === 'conflict') setTyped(null);
      desk.tell(reason === 'conflict' ? 'retention_changed' : reason, false);
    }
    again();
  };
  return { rules: typed ?? stored, type: setTyped, save };
}

function Form({ kept, again }: { kept: Kept; again: () => void }) {
  const desk = useDesk();
  const t = useTexts();
  const { rules, type, save } = useRules(kept, again);
  const form = useRef<HTMLFormElement>(null);
  const [would, setWould] = useState<Preview>();
  const preview = async () => {
    if (!form.current?.reportValidity()) return;
    try {
      setWould(await desk.call<Preview>({ method: 'POST', path: '/api/v1/retention/preview', body: rules }));
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
  };
  return (
    <form
      ref={form}
      className="card dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void save(rules);
      }}
    >
      {FIELDS.map(({ field, label, min, max }) => (
        <NumberInput
          key={field}
          label={t(label)}
          min={min}
          max={max}
          allowNegative={false}
          allowDecimal={false}
          required
          hideControls
          value={rules[field]}
          onChange={(value) => {
            type({ ...rules, [field]: typeof value === 'number' ? value : '' });
            setWould(undefined);
          }}
        />
      ))}
      <div className="row end">
        <Button variant="default" onClick={() => void preview()}>
          {t('keepPreview')}
        </Button>
        <Button type="submit">{t('save')}</Button>
      </div>
      {would && <Would would={would} />}
      <LastRun run={kept.last_run} />
    </form>
  );
}

function Would({ would }: { would: Preview }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const { prospects, customers, kept_open: open, kept_held: held } = would;
  return (
    <output>
      <p>{t('keepWould', { prospects, customers, open, held })}</p>
      {would.more && <p>{t('keepMore')}</p>}
      <ol className="changes">
        {would.candidates.map((one) => (
          <li key={one.customer} className="row wraps">
            <span className="grow breaks">{one.customer}</span>
            <span>{t('keepLastAt', { day: day(one.last_at, language) })}</span>
          </li>
        ))}
      </ol>
    </output>
  );
}

function LastRun({ run }: { run: Kept['last_run'] }) {
  const t = useTexts();
  const { language } = useView().preferences;
  if (!run) return <p className="hint">{t('keepNoRun')}</p>;
  const { erased, failed } = run;
  return (
    <p className="hint">{t('keepRun', { day: day(run.began_at, language), n: erased.length, failed })}</p>
  );
}

function Holds() {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const act = useAct();
  const { state, value, again } = useLoaded<{ holds: Hold[] }>('/api/v1/holds', { holds: [] });
  const pathOf = (customer: string) => `/api/v1/customers/${encodeURIComponent(customer)}/hold`;
  const hold = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    const path = pathOf(String(said.get('customer')).trim());
    const body = { reason: String(said.get('reason')).trim() };
    if (!(await act(() => desk.call({ method: 'PUT', path, body }), 'held'))) return;
    form.reset();
    again();
  };
  const lift = async (customer: string) => {
    if (!window.confirm(t('holdLiftAsk', { customer }))) return;
    await act(() => desk.call({ method: 'DELETE', path: pathOf(customer) }), 'lifted');
    again();
  };
  return (
    <section className="card" aria-label={t('holdsTitle')}>
      <h2>{t('holdsTitle')}</h2>
      <NotYet state={state} again={again} />
      {state === 'ready' && value.holds.length === 0 && <p className="empty">{t('holdsNone')}</p>}
      <ol className="changes">
        {value.holds.map((one) => (
          <li key={one.customer} className="row wraps">
            <span className="breaks">{one.customer}</span>
            <span className="grow">{one.reason}</span>
            <span>{agentName(view, one.by)}</span>
            <time dateTime={new Date(one.at).toISOString()}>{day(one.at, view.preferences.language)}</time>
            <Button
              size="compact-sm"
              variant="default"
              aria-label={t('holdLiftThis', { customer: one.customer })}
              onClick={() => void lift(one.customer)}
            >
              {t('holdLift')}
            </Button>
          </li>
        ))}
      </ol>
      <form className="dialog" onSubmit={(event) => void hold(event)}>
        <TextInput name="customer" label={t('holdCustomer')} required maxLength={64} />
        <TextInput name="reason" label={t('holdReason')} required maxLength={500} />
        <div className="row end">
          <Button type="submit">{t('holdSet')}</Button>
        </div>
      </form>
    </section>
  );
}
