import { type Call, duration } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { agentName } from '../store/view.ts';
import type { Text } from '../texts.ts';
import { PhoneIcon } from '../view/icons.tsx';
import { useDesk, useNow, useTexts, useView } from '../view/use.ts';
import { isBusy, presentCall } from './actions.ts';
import { CallControls } from './CallControls.tsx';
import { CallNews } from './CallNews.tsx';
import { isHeld, legOf, ringsFor } from './calls.ts';
import type { Phone } from './core.ts';
import { LinkSign } from './LinkSign.tsx';
import { numberText, partyText, usePhone } from './use.ts';

/** Stays in sight whatever conversation is open: the call that the person is in, and what asks for them. */
export function CallBar() {
  const { account } = useView();
  const t = useTexts();
  const view = usePhone();
  const asked = Object.values(view.calls).filter((call) => ringsFor(call, account?.id ?? ''));
  const { phase } = view.phone;
  const shown = phase !== 'idle' && (phase !== 'ended' || presentCall(view) !== undefined);
  return (
    <div className="call-place">
      <p className="unseen" aria-live="assertive">
        {asked[0] && t('consultAsks', { name: partyText(t, asked[0]) })}
      </p>
      {asked.map((call) => (
        <Asked key={call.call} call={call} />
      ))}
      {shown && (
        <section className="call-bar" data-phase={phase} aria-label={t('call')}>
          <Present />
          {isBusy(view) && <CallControls />}
        </section>
      )}
      <CallNews />
    </div>
  );
}

/** Who, how long, and what is on: the marks have words and shapes besides their colours. */
function Present() {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow(500);
  const view = usePhone();
  const call = presentCall(view);
  const { phase } = view.phone;
  const word = wordOf(view.phone, call);
  return (
    <div className="call-who">
      <PhoneIcon />
      {call ? (
        <button
          type="button"
          className="call-name clip"
          title={t('callOpen')}
          onClick={() => {
            desk.show('desk');
            desk.select(call.conversation);
          }}
        >
          {partyText(t, call)}
        </button>
      ) : (
        <strong>{t('call')}</strong>
      )}
      {call?.name && <span className="call-number">{numberText(t, call.number)}</span>}
      <span className="call-phase">{t(word)}</span>
      {phase !== 'ended' && (
        <span className="timer">{duration(now - (call?.answered ?? view.phone.since))}</span>
      )}
      {call && phase !== 'ended' && <Marks call={call} muted={view.muted} />}
      {isBusy(view) && <LinkSign />}
    </div>
  );
}

/** How the state is called; a number that was dialled rings until it answers. */
function wordOf({ phase, reason }: Phone, call: Call | undefined): Text {
  if (phase === 'idle') return 'call';
  if (phase === 'ended' && reason !== 'over' && reason !== 'hung_up') return 'phoneOff';
  return phase === 'connected' && isRinging(call) ? 'phoneRings' : `phone_${phase}`;
}

/** The number that was dialled has not answered yet. */
const isRinging = (call: Call | undefined): boolean =>
  call?.direction === 'out' && call.phase === 'connecting';

function Marks({ call, muted }: { call: Call; muted: boolean }) {
  const view = useView();
  const t = useTexts();
  const mode = legOf(call, view.account?.id ?? '')?.mode;
  const recording = { on: 'recOn', paused: 'recPaused', off: 'recOff' } as const;
  return (
    <>
      <span className="call-mark" data-mark={call.recording}>
        <span aria-hidden="true">{call.recording === 'on' ? '●' : '○'}</span> {t(recording[call.recording])}
      </span>
      {isHeld(call) && (
        <span className="call-mark" data-mark="hold">
          <span aria-hidden="true">❚❚</span> {t('onHold')}
        </span>
      )}
      {muted && (
        <span className="call-mark" data-mark="muted">
          <span aria-hidden="true">✕</span> {t('muted')}
        </span>
      )}
      {mode && (
        <span className="call-mark">
          {t('superviseOn', { how: t(`mode_${mode}`), agent: agentName(view, call.agent) })}
        </span>
      )}
    </>
  );
}

/** A colleague asks the person into a call. */
function Asked({ call }: { call: Call }) {
  const desk = useDesk();
  const t = useTexts();
  const busy = isBusy(usePhone());
  return (
    <section className="call-asked" aria-label={t('callIncoming')}>
      <span className="ring">
        <PhoneIcon />
      </span>
      <span className="grow">
        {t('consultAsks', { name: partyText(t, call) })} {busy && t('callBusy')}
      </span>
      <Button size="compact-md" disabled={busy} onClick={() => desk.phone.join(call.call)}>
        {t('callAnswer')}
      </Button>
      <Button size="compact-md" variant="default" onClick={() => void desk.phone.do(call.call, 'hangup')}>
        {t('callDecline')}
      </Button>
    </section>
  );
}
