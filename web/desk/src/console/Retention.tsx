import { day } from '@madoguchi/shared';
import { Button, NumberInput, TextInput } from '@mantine/core';
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { agentName } from '../store/view.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import type { Hold, Retention as Kept, Preview, Rules } from './outward.ts';
import { useAct } from './useAct.ts';

/** After how long somebody is erased, and who is kept whatever comes. */
export function Retention() {
  const desk = useDesk();
  const t = useTexts();
  const [kept, setKept] = useState<Kept>();
  const load = useCallback(async () => {
    try {
      setKept(await desk.call<Kept>({ path: '/api/v1/retention' }));
    } catch {
      desk.tell('not_loaded', false);
    }
  }, [desk]);
  useEffect(() => void load(), [load]);
  return (
    <>
      <p className="hint">{t('keepHint')}</p>
      {kept && <Form key={kept.rules.version} kept={kept} load={load} />}
      <Holds />
    </>
  );
}

const FIELDS = [
  { field: 'prospect_days', label: 'keepProspect', min: 0, max: 36_500 },
  { field: 'customer_days', label: 'keepCustomer', min: 0, max: 36_500 },
  { field: 'most_per_run', label: 'keepMost', min: 1, max: 1_000 },
] as const;

function Form({ kept, load }: { kept: Kept; load: () => Promise<void> }) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const [rules, setRules] = useState<Rules>(kept.rules);
  const [would, setWould] = useState<Preview>();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const done = await act(
      () => desk.call({ method: 'PUT', path: '/api/v1/retention', body: rules }),
      'saved',
    );
    if (done) await load();
  };
  const preview = async () => {
    try {
      setWould(await desk.call<Preview>({ method: 'POST', path: '/api/v1/retention/preview', body: rules }));
    } catch {
      desk.tell('bad_retention', false);
    }
  };
  return (
    <form className="card dialog" onSubmit={(event) => void save(event)}>
      {FIELDS.map(({ field, label, min, max }) => (
        <NumberInput
          key={field}
          label={t(label)}
          min={min}
          max={max}
          required
          hideControls
          value={rules[field]}
          onChange={(value) => setRules({ ...rules, [field]: Number(value) })}
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
  const [holds, setHolds] = useState<readonly Hold[]>([]);
  const load = useCallback(async () => {
    try {
      setHolds((await desk.call<{ holds: Hold[] }>({ path: '/api/v1/holds' })).holds);
    } catch {
      // The list stays as it was.
    }
  }, [desk]);
  useEffect(() => void load(), [load]);
  const pathOf = (customer: string) => `/api/v1/customers/${encodeURIComponent(customer)}/hold`;
  const hold = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    const path = pathOf(String(said.get('customer')).trim());
    const body = { reason: String(said.get('reason')).trim() };
    if (!(await act(() => desk.call({ method: 'PUT', path, body }), 'held'))) return;
    form.reset();
    await load();
  };
  const lift = async (customer: string) => {
    if (!window.confirm(t('holdLiftAsk'))) return;
    await act(() => desk.call({ method: 'DELETE', path: pathOf(customer) }), 'lifted');
    await load();
  };
  return (
    <section className="card" aria-label={t('holdsTitle')}>
      <h2>{t('holdsTitle')}</h2>
      {holds.length === 0 && <p className="empty">{t('holdsNone')}</p>}
      <ol className="changes">
        {holds.map((one) => (
          <li key={one.customer} className="row wraps">
            <span className="breaks">{one.customer}</span>
            <span className="grow">{one.reason}</span>
            <span>{agentName(view, one.by)}</span>
            <time dateTime={new Date(one.at).toISOString()}>{day(one.at, view.preferences.language)}</time>
            <Button size="compact-sm" variant="default" onClick={() => void lift(one.customer)}>
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
