import type { Call } from '@madoguchi/shared';
import type { Action } from '../core/keys.ts';
import type { Ui } from '../view/ui.ts';
import type { Phone, PhoneView } from './phone.ts';

type CallAction = Extract<Action, 'mute' | 'hold' | 'keypad' | 'hangUp' | 'dial' | 'devices'>;

/** The call that the person is in, as the center last told it. */
export const presentCall = (view: PhoneView): Call | undefined => view.calls[view.phone.call];

export const isBusy = (view: PhoneView): boolean =>
  view.phone.phase !== 'idle' && view.phone.phase !== 'ended';

/** Whether the person has the call, rather than to be asked into it or to listen in. */
export const isHolder = (call: Call | undefined, me: string): boolean => call?.agent === me && me !== '';

/** What each action of the telephone does now; `null` when it makes no sense. */
export function callRuns(phone: Phone, ui: Ui): Record<CallAction, (() => void) | null> {
  const view = phone.view();
  const call = presentCall(view);
  const busy = isBusy(view);
  const talks = call?.phase === 'talking';
  return {
    mute: busy ? () => phone.mute(!view.muted) : null,
    hold:
      call && busy && talks && isHolder(call, phone.me)
        ? () => void phone.do(call.call, call.held ? 'resume' : 'hold')
        : null,
    keypad: call && busy ? () => ui.open('keypad') : null,
    hangUp: busy ? () => phone.hangUp() : null,
    dial: busy ? null : () => ui.open('dial'),
    devices: () => ui.open('devices'),
  };
}
