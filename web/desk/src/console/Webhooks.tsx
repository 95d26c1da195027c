import { clock, day } from '@madoguchi/shared';
import { Button, Checkbox, TextInput } from '@mantine/core';
import { type FormEvent, useCallback, useEffect, useState } from 'react';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { type Delivery, KINDS, kindText, type Webhook } from './outward.ts';
import { useAct } from './useAct.ts';

/** How often what came of deliveries is read again, ms. */
const REFRESH = 10_000;

/** Addresses of other systems, what they are told of, and how that goes. */
export function Webhooks() {
  const desk = useDesk();
  const t = useTexts();
  const [list, setList] = useState<readonly Webhook[]>();
  const load = useCallback(async () => {
    try {
      setList((await desk.call<{ webhooks: Webhook[] }>({ path: '/api/v1/webhooks' })).webhooks);
    } catch {
      // The list stays as it was.
    }
  }, [desk]);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), REFRESH);
    return () => clearInterval(timer);
  }, [load]);
  return (
    <>
      <p className="hint">{t('hooksHint')}</p>
      {list?.length === 0 && <p className="empty">{t('hookNone')}</p>}
      {list?.map((hook) => (
        <One key={hook.webhook} hook={hook} load={load} />
      ))}
      <Add load={load} />
    </>
  );
}

function One({ hook, load }: { hook: Webhook; load: () => Promise<void> }) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const { language } = useView().preferences;
  const [tested, setTested] = useState<Delivery>();
  const path = `/api/v1/webhooks/${encodeURIComponent(hook.webhook)}`;
  const say = async (request: { method: 'POST' | 'DELETE'; path: string }, said: string) => {
    await act(() => desk.call(request), said);
    await load();
  };
  const test = async () => {
    try {
      setTested(await desk.call<Delivery>({ method: 'POST', path: `${path}/test` }));
    } catch {
      desk.tell('not_loaded', false);
    }
  };
  const remove = () => {
    if (window.confirm(t('hookRemoveAsk'))) void say({ method: 'DELETE', path }, 'removed');
  };
  return (
    <section className="card" aria-label={hook.name}>
      <div className="row">
        <h2 className="grow">{hook.name}</h2>
        <span className={hook.state === 'failed' ? 'tag late' : 'tag'}>{t(`hook_${hook.state}`)}</span>
      </div>
      <p className="breaks">{hook.url}</p>
      <p>{hook.kinds.map((kind) => textOf(t, kind)).join(language === 'ja' ? '、' : ', ')}</p>
      {hook.failures > 0 && (
        <p className="late">
          {t('hookFailing', { n: hook.failures, since: clock(hook.failing_since, language) })}
        </p>
      )}
      <div className="row wraps">
        {hook.state === 'active' ? (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void say({ method: 'POST', path: `${path}/pause` }, 'hookPaused')}
          >
            {t('hookPause')}
          </Button>
        ) : (
          <Button
            size="compact-sm"
            onClick={() => void say({ method: 'POST', path: `${path}/resume` }, 'hookResumed')}
          >
            {t('hookResume')}
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={() => void test()}>
          {t('hookTest')}
        </Button>
        <Button size="compact-sm" variant="default" onClick={remove}>
          {t('hookRemove')}
        </Button>
        <output>{tested && t('hookTested', { outcome: tested.outcome })}</output>
      </div>
      <Deliveries list={hook.deliveries} />
    </section>
  );
}

function Deliveries({ list }: { list: readonly Delivery[] }) {
  const t = useTexts();
  const { language } = useView().preferences;
  return (
    <details>
      <summary>{t('hookLast')}</summary>
      {list.length === 0 && <p className="empty">{t('hookNothing')}</p>}
      <ol className="changes">
        {list.map((one) => (
          <li key={`${one.event} ${one.at}`} className="row wraps">
            <time dateTime={new Date(one.at).toISOString()}>
              {day(one.at, language)} {clock(one.at, language)}
            </time>
            <span className="grow">{textOf(t, one.kind)}</span>
            <span className={one.outcome === 'ok' ? 'tag' : 'tag late'}>{one.outcome}</span>
            <span>{t('hookTook', { n: one.took })}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Add({ load }: { load: () => Promise<void> }) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const [secret, setSecret] = useState('');
  const [kinds, setKinds] = useState<string[]>([]);
  const add = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const said = new FormData(form);
    const body = { name: String(said.get('name')).trim(), url: String(said.get('url')).trim(), kinds };
    const call = async () => {
      const added = await desk.call<{ secret: string }>({ method: 'POST', path: '/api/v1/webhooks', body });
      setSecret(added.secret);
    };
    if (!(await act(call, 'hookAdded'))) return;
    form.reset();
    setKinds([]);
    await load();
  };
  return (
    <form className="card dialog" onSubmit={(event) => void add(event)}>
      <h2>{t('hookAdd')}</h2>
      <TextInput name="name" label={t('hookName')} required maxLength={60} />
      <TextInput name="url" type="url" label={t('hookUrl')} required maxLength={2000} />
      <Checkbox.Group label={t('hookKinds')} value={kinds} onChange={setKinds}>
        <div className="row wraps">
          {KINDS.map((kind) => (
            <Checkbox key={kind} value={kind} label={textOf(t, kind)} />
          ))}
        </div>
      </Checkbox.Group>
      <div className="row end">
        <Button type="submit" disabled={kinds.length === 0}>
          {t('hookAdd')}
        </Button>
      </div>
      {secret && (
        <output>
          <p>{t('hookSecret')}</p>
          <code className="breaks">{secret}</code>
        </output>
      )}
    </form>
  );
}

const textOf = (t: ReturnType<typeof useTexts>, kind: string): string => {
  const text = kindText(kind);
  return text ? t(text) : kind;
};
