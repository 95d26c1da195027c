import { useEffect } from 'react';
import type { Desk } from '../store/desk.ts';
import { neighbour, workOf } from '../store/view.ts';
import { useDesk } from './use.ts';

/** What is open above the panes. */
export type Dialog = 'transfer' | 'close' | 'customer' | 'sheet' | 'state' | null;

export const REPLY_BOX = 'reply-box';

function inText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  );
}

/** Keys with Alt work everywhere; `true` when the key was one. */
function withAlt(event: KeyboardEvent, desk: Desk, setDialog: (dialog: Dialog) => void): boolean {
  const digit = /^Digit([1-9])$/.exec(event.code);
  const view = desk.view();
  if (digit) {
    const conversation = workOf(view)[Number(digit[1]) - 1];
    if (conversation !== undefined) desk.select(conversation);
    return true;
  }
  const held = view.selected !== null && workOf(view).includes(view.selected);
  switch (event.code) {
    case 'KeyS':
      setDialog('state');
      return true;
    case 'KeyT':
      if (held) setDialog('transfer');
      return true;
    case 'KeyE':
      if (held) setDialog('close');
      return true;
    case 'KeyR':
      document.getElementById(REPLY_BOX)?.focus();
      return true;
    default:
      return false;
  }
}

/** Single letters work only outside of text fields. */
function single(event: KeyboardEvent, desk: Desk, setDialog: (dialog: Dialog) => void): boolean {
  const view = desk.view();
  const offer = view.agent?.offers[0];
  switch (event.key) {
    case 'j':
    case 'k': {
      const to = neighbour(workOf(view), view.selected, event.key === 'j' ? 1 : -1);
      if (to !== null) desk.select(to);
      return true;
    }
    case 'a':
      if (offer) desk.accept(offer);
      return offer !== undefined;
    case 'd':
      if (offer) desk.decline(offer);
      return offer !== undefined;
    case '?':
      setDialog('sheet');
      return true;
    default:
      return false;
  }
}

export function useShortcuts(dialog: Dialog, setDialog: (dialog: Dialog) => void): void {
  const desk = useDesk();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey) return;
      if (dialog !== null || event.repeat) return;
      let taken = false;
      if (event.altKey) taken = withAlt(event, desk, setDialog);
      else if (!inText(event.target)) taken = single(event, desk, setDialog);
      if (taken) event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [desk, dialog, setDialog]);
}
