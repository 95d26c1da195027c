/** Everything that the desk can do by a key or from the palette, with the key that stands unless somebody changes it. */
export const DEFAULT_KEYS = {
  palette: 'Ctrl+K',
  canned: 'Ctrl+/',
  macros: 'Ctrl+M',
  reply: 'Alt+R',
  note: 'Alt+N',
  attach: 'Alt+A',
  form: 'Alt+Shift+F',
  transfer: 'Alt+T',
  wrap: 'Alt+E',
  wrapNext: 'Alt+Shift+E',
  join: 'Alt+J',
  take: 'Alt+G',
  search: 'Alt+L',
  prospect: 'Alt+Shift+N',
  state: 'Alt+S',
  info: 'Alt+I',
  next: 'J',
  previous: 'K',
  accept: 'A',
  decline: 'D',
  settings: 'Alt+P',
  mute: 'Alt+U',
  hold: 'Alt+H',
  keypad: 'Alt+K',
  hangUp: 'Alt+Shift+X',
  dial: 'Alt+O',
  devices: 'Alt+Shift+D',
  sheet: '?',
} as const;

export type Action = keyof typeof DEFAULT_KEYS;
export const ACTIONS = Object.keys(DEFAULT_KEYS) as Action[];
/** Keys that a person chose for themselves. */
export type Bindings = Partial<Record<Action, string>>;

export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** What a press is called, `Ctrl+Shift+E` for example; `null` for a lone modifier or a key of the input method. */
export function comboOf(press: KeyPress): string | null {
  if (/^(Control|Shift|Alt|Meta|AltGraph|Process|Dead|Unidentified|CapsLock)$/.test(press.key)) return null;
  // Letters by their place: with Alt, macOS gives another character, and Japanese input a wide one.
  const placed = /^(?:Key|Digit)([A-Z0-9])$/.exec(press.code)?.[1];
  const shifted = press.shiftKey && placed !== undefined && !/^[A-Za-z]$/.test(placed) && !press.altKey;
  const name =
    placed !== undefined && !shifted ? placed : press.key.length === 1 ? press.key.toUpperCase() : press.key;
  const isSign = name.length === 1 && !/[A-Z0-9]/.test(name);
  const parts = [
    press.ctrlKey || press.metaKey ? 'Ctrl' : '',
    press.altKey ? 'Alt' : '',
    // A sign's own Shift is part of the sign: `?` is `?` on every keyboard.
    press.shiftKey && !isSign ? 'Shift' : '',
    name,
  ];
  return parts.filter((part) => part !== '').join('+');
}

/** Keys of the browser, of input methods and of moving about, which nobody should bind. */
const RESERVED =
  /^(Ctrl\+[ACNRTVWXYZ1-9]|Ctrl\+ |Alt\+`|(.*\+)?F([6-9]|10)|(Shift\+)?(Enter|Escape|Tab|Backspace|Delete| |Arrow\w+|Home|End|PageUp|PageDown)|Alt\+[1-9]|Alt\+F4|Ctrl\+Enter)$/;

export const keyOf = (action: Action, bindings: Bindings): string => bindings[action] ?? DEFAULT_KEYS[action];

export function actionOf(combo: string, bindings: Bindings): Action | null {
  return ACTIONS.find((action) => keyOf(action, bindings) === combo) ?? null;
}

export type BindingProblem = 'reserved' | 'taken';

/** The bindings with one more; a problem when the key is not free. */
export function bind(
  bindings: Bindings,
  action: Action,
  combo: string,
): { bindings: Bindings } | { problem: BindingProblem; by: Action | null } {
  if (RESERVED.test(combo)) return { problem: 'reserved', by: null };
  const holder = actionOf(combo, bindings);
  if (holder !== null && holder !== action) return { problem: 'taken', by: holder };
  const { [action]: _, ...others } = bindings;
  return { bindings: combo === DEFAULT_KEYS[action] ? others : { ...others, [action]: combo } };
}

/** Whether a key does nothing while somebody types. */
export const isSingle = (combo: string): boolean => !/^(Ctrl|Alt)\+/.test(combo);
