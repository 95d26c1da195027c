import { createContext, useContext } from 'react';

/** What is open above the panes. */
export type Dialog =
  | 'transfer'
  | 'wrap'
  | 'wrapNext'
  | 'customer'
  | 'sheet'
  | 'state'
  | 'palette'
  | 'search'
  | 'settings'
  | 'canned'
  | 'form'
  | 'macros'
  | 'callTransfer'
  | 'keypad'
  | 'dial'
  | 'devices'
  | 'person'
  | 'prospect'
  | null;

/** Whom the text box writes to. */
export type Mode = 'reply' | 'note';

export interface Ui {
  dialog: Dialog;
  open: (dialog: Dialog) => void;
  mode: Mode;
  setMode: (mode: Mode) => void;
}

export const UiContext = createContext<Ui | null>(null);

export function useUi(): Ui {
  const ui = useContext(UiContext);
  if (!ui) throw new Error('the workplace is used outside of its context');
  return ui;
}

export const REPLY_BOX = 'reply-box';
export const NOTE_BOX = 'note-box';
export const ATTACH_INPUT = 'attach-input';
