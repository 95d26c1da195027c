/** What Safari and older browsers send as the key of an Enter that belongs to the input method. */
const KEY_OF_INPUT_METHOD = 229;

export interface KeyLike {
  isComposing: boolean;
  keyCode: number;
}

/**
 * Tells an Enter that confirms a conversion from an Enter that is meant. Some browsers send `compositionend` before the
 * keydown of the confirming Enter, so the flag is held one tick longer.
 */
export class Composition {
  #composing = false;
  readonly #later: (then: () => void) => void;
  #generation = 0;

  constructor(later: (then: () => void) => void = (then) => setTimeout(then, 0)) {
    this.#later = later;
  }

  readonly start = (): void => {
    this.#generation += 1;
    this.#composing = true;
  };

  readonly end = (): void => {
    const generation = this.#generation;
    this.#later(() => {
      if (generation === this.#generation) this.#composing = false;
    });
  };

  /** True when the key belongs to the input method and means nothing to the page. */
  owns(event: KeyLike): boolean {
    return this.#composing || event.isComposing || event.keyCode === KEY_OF_INPUT_METHOD;
  }
}

/** Which keys send: Enter alone (Shift+Enter makes a new line), or Ctrl/Cmd+Enter. */
export type SendKey = 'enter' | 'ctrlEnter';

export interface EnterLike extends KeyLike {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

export function sends(event: EnterLike, composition: Composition, sendKey: SendKey): boolean {
  if (event.key !== 'Enter' || composition.owns(event)) return false;
  if (event.ctrlKey || event.metaKey) return true;
  return sendKey === 'enter' && !event.shiftKey && !event.altKey;
}
