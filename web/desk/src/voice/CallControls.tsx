import type { Call, CallDeed, CallLeg } from '@madoguchi/shared';
import { Button, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { type Action, keyOf } from '../core/keys.ts';
import { agentName } from '../store/view.ts';
import { runs } from '../view/actions.ts';
import { TransferIcon } from '../view/icons.tsx';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { isHolder, presentCall } from './actions.ts';
import { consultedOf, legOf } from './calls.ts';
import { HangUpIcon, HoldIcon, KeypadIcon, MicrophoneIcon, MutedIcon, RecordIcon } from './icons.tsx';
import { numberText, usePhone } from './use.ts';

/** What may be done with the call, by who the person is in it. */
export function CallControls() {
  const { account } = useView();
  const t = useTexts();
  const view = usePhone();
  const call = presentCall(view);
  const me = account?.id ?? '';
  const mine = call && legOf(call, me);
  const consulted = call && isHolder(call, me) ? consultedOf(call) : undefined;
  return (
    <fieldset className="call-controls" aria-label={t('callControls')}>
      <Mute />
      {call && isHolder(call, me) && !consulted && <HolderControls call={call} />}
      {call && consulted && <ConsultControls call={call} consulted={consulted} />}
      {call && mine?.kind === 'supervisor' && <SupervisorControls call={call} leg={mine} />}
      <Key action="hangUp" label={t('hangUp')} icon={<HangUpIcon />} color="#a83218" />
    </fieldset>
  );
}

interface KeyProps {
  action: Action;
  label: string;
  icon: ReactNode;
  color?: string;
  pressed?: boolean;
}

/** A button of an action that has a key. */
function Key({ action, label, icon, color, pressed }: KeyProps) {
  const desk = useDesk();
  const ui = useUi();
  const run = runs(desk, ui)[action];
  return (
    <Tooltip label={keyOf(action, desk.view().preferences.keys)}>
      <Button
        size="compact-md"
        variant={color ? 'filled' : 'default'}
        {...(color ? { color } : {})}
        leftSection={icon}
        disabled={run === null}
        aria-pressed={pressed}
        onClick={() => run?.()}
      >
        {label}
      </Button>
    </Tooltip>
  );
}

function Mute() {
  const t = useTexts();
  const { muted } = usePhone();
  return (
    <Key
      action="mute"
      label={t(muted ? 'unmute' : 'mute')}
      icon={muted ? <MutedIcon /> : <MicrophoneIcon />}
      pressed={muted}
    />
  );
}

function HolderControls({ call }: { call: Call }) {
  const { open } = useUi();
  const t = useTexts();
  const { held } = call;
  const talks = call.phase === 'talking';
  return (
    <>
      <Key action="hold" label={t(held ? 'resume' : 'hold')} icon={<HoldIcon />} pressed={held} />
      <Button
        size="compact-md"
        variant="default"
        leftSection={<TransferIcon />}
        disabled={!talks}
        onClick={() => open('callTransfer')}
      >
        {t('callTransfer')}
      </Button>
      <Key action="keypad" label={t('keypad')} icon={<KeypadIcon />} />
      {call.recording !== 'off' && (
        <Deed
          call={call}
          deed={call.recording === 'on' ? 'record_pause' : 'record_resume'}
          label={t(call.recording === 'on' ? 'recordPause' : 'recordResume')}
          icon={<RecordIcon />}
        />
      )}
    </>
  );
}

/** While the agent talks with a colleague or a number in private. */
function ConsultControls({ call, consulted }: { call: Call; consulted: CallLeg }) {
  const view = useView();
  const t = useTexts();
  const name = consulted.id ? agentName(view, consulted.id) : numberText(t, consulted.number ?? '');
  const there = consulted.state === 'connected';
  return (
    <>
      <span className="call-consult">{t(there ? 'consultOf' : 'consultRings', { name })}</span>
      <Deed call={call} deed="consult_complete" label={t('consultComplete')} disabled={!there} />
      <Deed call={call} deed="conference" label={t('conference')} disabled={!there} />
      <Deed call={call} deed="consult_cancel" label={t('consultCancel')} />
      <Key action="keypad" label={t('keypad')} icon={<KeypadIcon />} />
    </>
  );
}

const MODES = ['monitor', 'whisper', 'barge'] as const;

function SupervisorControls({ call, leg }: { call: Call; leg: CallLeg }) {
  const t = useTexts();
  return (
    <>
      {MODES.map((mode) => (
        <Deed key={mode} call={call} deed={mode} label={t(`do_${mode}`)} pressed={leg.mode === mode} />
      ))}
      <Deed call={call} deed="takeover" label={t('do_takeover')} />
    </>
  );
}

interface DeedProps {
  call: Call;
  deed: CallDeed;
  label: string;
  icon?: ReactNode;
  disabled?: boolean;
  pressed?: boolean;
}

/** A button that asks the center for something, and waits for its answer. */
function Deed({ call, deed, label, icon, disabled = false, pressed }: DeedProps) {
  const desk = useDesk();
  const { doing } = usePhone();
  return (
    <Button
      size="compact-md"
      variant="default"
      leftSection={icon}
      disabled={disabled || doing.has(deed)}
      aria-pressed={pressed}
      onClick={() => void desk.phone.do(call.call, deed)}
    >
      {label}
    </Button>
  );
}
