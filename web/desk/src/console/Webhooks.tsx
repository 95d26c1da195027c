import { clock, day, type Language } from '@madoguchi/shared';
import { Button, Checkbox, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useLoaded } from '../cases/use.ts';
import { reasonOf } from '../customer/use.ts';
import { BusyButton } from '../view/BusyButton.tsx';
import { NotYet } from '../view/NotYet.tsx';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { type Delivery, KINDS, kindText, outcomeText, type Webhook } from './outward.ts';
import { useAct } from './useAct.ts';

/** How often what came of deliveries is read again, ms. */
const REFRESH = 10_000;
/** The other system is given some seconds to answer a test, ms. */
const TEST_PATIENCE = 30_000;

const momentText = (at: number, language: Language) => `${day(at, language)} ${clock(at, language)}`;

/** Addresses of other systems, what they are told of, and how that goes. */
export function Webhooks() {
  const t = useTexts();
  const { state, value, again } = useLoaded<{ webhooks: Webhook[] }>(
    '/api/v1/webhooks',
    { webhooks: [] },
    REFRESH,
  );
  return (
    <>
      <p className="hint">{t('hooksHint')}</p>
      <NotYet state={state} again={again} />
      {state === 'ready' && value.webhooks.length === 0 && <p className="empty">{t('hookNone')}</p>}
      {value.webhooks.map((hook) => (
        <One key={hook.webhook} hook={hook} again={again} />
      ))}
      <Add again={again} />
    </>
  );
}

function One({ hook, again }: { hook: Webhook; again: () => void }) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const { language } = useView().preferences;
  const { name } = hook;
  const path = `/api/v1/webhooks/${encodeURIComponent(hook.webhook)}`;
  const say = async (request: { method: 'POST' | 'DELETE'; path: string }, said: string) => {
    await act(() => desk.call(request), said);
    again();
  };
  const remove = () => {
    if (window.confirm(t('hookRemoveAsk', { name }))) void say({ method: 'DELETE', path }, 'removed');
  };
  return (
    <section className="card" aria-label={name}>
      <div className="row">
        <h2 className="grow">{name}</h2>
        <span className={hook.state === 'failed' ? 'tag late' : 'tag'}>{t(`hook_${hook.state}`)}</span>
      </div>
      <p className="breaks">{hook.url}</p>
      <p>{hook.kinds.map((kind) => textOf(t, kind)).join(language === 'ja' ? '、' : ', ')}</p>
      {hook.failures > 0 && (
        <p className="late">
          {t('hookFailing', { n: hook.failures, since: momentText(hook.failing_since, language) })}
        </p>
      )}
      <div className="row wraps">
        {hook.state === 'active' ? (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('hookPauseThis', { name })}
            onClick={() => void say({ method: 'POST', path: `${path}/pause` }, 'hookPaused')}
          >
            {t('hookPause')}
          </Button>
        ) : (
          <Button
            size="compact-sm"
            aria-label={t('hookResumeThis', { name })}
            onClick={() => void say({ method: 'POST', path: `${path}/resume` }, 'hookResumed')}
          >
            {t('hookResume')}
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('hookRemoveThis', { name })}
          onClick={remove}
        >
          {t('hookRemove')}
        </Button>
        <Test name={name} path={`${path}/test`} />
      </div>
      <Deliveries list={hook.deliveries} />
    </section>
  );
}

/** Sends something made up, and tells what came of it. */
function Test({ name, path }: { name: string; path: string }) {
  const desk = useDesk();
  const t = useTexts();
  const [busy, setBusy] = useState(false);
  const [tested, setTested] = useState<Delivery>();
  const test = async () => {
    setBusy(true);
    setTested(undefined);
    try {
      setTested(await desk.call<Delivery>({ method: 'POST', path, patience: TEST_PATIENCE }));
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
    setBusy(false);
  };
  return (
    <>
      <BusyButton
        size="compact-sm"
        busy={busy}
        aria-label={t('hookTestThis', { name })}
        onAct={() => void test()}
      >
        {t('hookTest')}
      </BusyButton>
      <output>
        {busy && t('hookTesting')}
        {tested && t('hookTested', { outcome: outcomeText(t, tested.outcome) })}
      </output>
    </>
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
            <time dateTime={new Date(one.at).toISOString()}>{momentText(one.at, language)}</time>
            <span className="grow">{textOf(t, one.kind)}</span>
            <span className={one.outcome === 'ok' ? 'tag' : 'tag late'}>{outcomeText(t, one.outcome)}</span>
            <span>{t('hookTook', { n: one.took })}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Add({ again }: { again: () => void }) {
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
    again();
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
