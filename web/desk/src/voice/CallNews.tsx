import { Button } from '@mantine/core';
import { TEXTS, type Text } from '../texts.ts';
import { useUi } from '../view/ui.ts';
import { reasonText, useDesk, useNow, useTexts } from '../view/use.ts';
import { presentCall } from './actions.ts';
import { usePhone } from './use.ts';

/** The news that a call moved stays for so long, in ms. */
const MOVED_SHOWN = 12_000;
/** A shorter gap than this, in ms, is over before a sentence is read. */
const QUIET = 400;
/** After so long, in ms, without sound the person is told what else they can do. */
const LONG = 10_000;

/** In plain words: what happened to the sound of the call, and what the person may do. */
export function CallNews() {
  return (
    <div role="status">
      <News />
    </div>
  );
}

function News() {
  const { phase } = usePhone().phone;
  if (phase === 'reconnecting') return <Again />;
  if (phase === 'ended') return <Ended />;
  return phase === 'connected' ? <Connected /> : null;
}

function Again() {
  const t = useTexts();
  const now = useNow(200);
  const { cause, tries, since } = usePhone().phone;
  if (now - since < QUIET) return null;
  return (
    <p className="banner bad">
      ▲ {t(`again_${cause}`)}
      {tries > 1 && ` ${t('againTries', { n: tries })}`}
      {now - since > LONG && ` ${t('againHint')}`}
    </p>
  );
}

function Connected() {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow(500);
  const view = usePhone();
  const call = presentCall(view);
  if (view.silenced)
    return (
      <p className="banner bad call-said">
        ▲ {t('callSilenced')}
        <Button size="compact-sm" onClick={() => desk.phone.play()}>
          {t('callUnsilence')}
        </Button>
      </p>
    );
  const { movedAt } = view.phone;
  if (!call || movedAt === 0 || now - movedAt > MOVED_SHOWN) return null;
  return <p className="banner good">{t('callMoved', { site: call.site })}</p>;
}

function Ended() {
  const desk = useDesk();
  const { open } = useUi();
  const t = useTexts();
  const { phone, calls } = usePhone();
  const { reason, call } = phone;
  const key = `end_${reason}`;
  const text = key in TEXTS.ja ? t(key as Text) : t('end_other', { reason: reasonText(t, reason) });
  const fine = reason === 'over' || reason === 'hung_up';
  return (
    <div className={fine ? 'banner good call-said' : 'banner bad call-said'}>
      <span>
        {!fine && '▲ '}
        {text}
      </span>
      {!fine && calls[call] && (
        <Button size="compact-sm" onClick={() => desk.phone.join(call)}>
          {t('callRejoin')}
        </Button>
      )}
      {reason.startsWith('microphone') && (
        <Button size="compact-sm" variant="default" onClick={() => open('devices')}>
          {t('devices')}
        </Button>
      )}
      <Button size="compact-sm" variant="default" onClick={() => desk.phone.dismiss()}>
        {t('dismiss')}
      </Button>
    </div>
  );
}
