import { ACTIONS, type Action } from '../core/keys.ts';
import type { Desk } from '../store/desk.ts';
import { runMacroAllowed } from '../store/macros.ts';
import { holds, maySay, neighbour, type View, workOf } from '../store/view.ts';
import type { Text } from '../texts.ts';
import { callRuns } from '../voice/actions.ts';
import { ATTACH_INPUT, NOTE_BOX, REPLY_BOX, type Ui } from './ui.ts';

/** How each action is called. */
export const ACTION_NAMES: Record<Action, Text> = {
  palette: 'do_palette',
  canned: 'do_canned',
  macros: 'do_macros',
  reply: 'do_replyBox',
  note: 'do_noteBox',
  attach: 'do_attach',
  form: 'do_form',
  transfer: 'transfer',
  wrap: 'do_wrap',
  wrapNext: 'do_wrapNext',
  join: 'do_join',
  take: 'do_take',
  search: 'do_search',
  prospect: 'prospectTitle',
  state: 'do_state',
  info: 'do_info',
  next: 'do_next',
  previous: 'do_previous',
  accept: 'do_accept',
  decline: 'do_decline',
  settings: 'do_settings',
  mute: 'do_mute',
  hold: 'do_hold',
  keypad: 'do_keypad',
  hangUp: 'do_hangUp',
  dial: 'do_dial',
  devices: 'do_devices',
  sheet: 'do_sheet',
};

/** What may be done with the conversation on the screen. */
export function allowed(view: View): {
  held: boolean;
  say: boolean;
  join: boolean;
  leave: boolean;
  take: boolean;
} {
  const thread = view.selected === null ? undefined : view.threads[view.selected];
  const me = view.account?.id ?? '';
  if (!thread || view.page !== 'desk')
    return { held: false, say: false, join: false, leave: false, take: false };
  const held = holds(view, thread.conversation);
  const live = thread.last > 0 && !thread.closed;
  const partner = thread.participants.includes(me);
  const holder = view.office.agents.list.find((a) => a.id === thread.assignedTo);
  const supervisor = view.account?.role === 'supervisor';
  const absent = holder !== undefined && holder.availability !== 'ready';
  return {
    held,
    say: maySay(view, thread),
    join: live && !held && !partner,
    leave: live && partner,
    take: live && !held && (supervisor || absent),
  };
}

function focus(id: string): void {
  // The box may only appear with the next rendering.
  setTimeout(() => document.getElementById(id)?.focus(), 0);
}

type Run = (() => void) | null;

/** What each action does now; `null` when it makes no sense. */
export function runs(desk: Desk, ui: Ui): Record<Action, Run> {
  const view = desk.view();
  const { selected } = view;
  const may = allowed(view);
  const offer = view.agent?.offers[0];
  const when = (condition: boolean, run: () => void): Run => (condition ? run : null);
  const go = (step: 1 | -1) => () => {
    const to = neighbour(workOf(view), selected, step);
    if (to !== null) desk.select(to);
  };
  const write = (mode: 'reply' | 'note') => () => {
    ui.setMode(mode);
    focus(mode === 'note' ? NOTE_BOX : REPLY_BOX);
  };
  const onDesk = view.page === 'desk';
  const present = onDesk && selected !== null;
  return {
    palette: () => ui.open('palette'),
    canned: when(may.say, () => ui.open('canned')),
    macros: when(runMacroAllowed(view), () => ui.open('macros')),
    reply: when(present, write('reply')),
    note: when(present, write('note')),
    attach: when(may.say, () => document.getElementById(ATTACH_INPUT)?.click()),
    form: when(may.say, () => {
      ui.setMode('reply');
      ui.open('form');
    }),
    transfer: when(may.held, () => ui.open('transfer')),
    wrap: when(may.held || view.toWrap !== null, () => ui.open('wrap')),
    wrapNext: when(may.held, () => ui.open('wrapNext')),
    join: when(may.join || may.leave, () => {
      if (selected !== null) desk.partake(may.join ? 'join' : 'leave', selected);
    }),
    take: when(may.take, () => {
      if (selected !== null) desk.partake('take', selected);
    }),
    search: () => ui.open('search'),
    prospect: () => ui.open('prospect'),
    state: () => ui.open('state'),
    info: when(present, () => ui.open('customer')),
    next: when(onDesk, go(1)),
    previous: when(onDesk, go(-1)),
    accept: when(offer !== undefined, () => offer && desk.accept(offer)),
    decline: when(offer !== undefined, () => offer && desk.decline(offer)),
    settings: () => ui.open('settings'),
    ...callRuns(desk.phone, ui),
    sheet: () => ui.open('sheet'),
  };
}

export const ALL_ACTIONS: readonly Action[] = ACTIONS;
