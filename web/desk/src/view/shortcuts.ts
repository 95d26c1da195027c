import { useLayoutEffect } from 'react';
import { actionOf, comboOf, isSingle } from '../core/keys.ts';
import { workOf } from '../store/view.ts';
import { runs } from './actions.ts';
import type { Ui } from './ui.ts';
import { useDesk } from './use.ts';

function inText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable]') !== null
  );
}

/** Keys work everywhere, single letters only outside of text fields; nothing during a conversion or below a dialog. */
export function useShortcuts(ui: Ui): void {
  const desk = useDesk();
  // From the first picture on: who sees the page may press a key.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.isComposing || event.keyCode === 229 || ui.dialog !== null || event.repeat) return;
      const combo = comboOf(event);
      if (combo === null || (isSingle(combo) && inText(event.target))) return;
      const nth = /^Alt\+([1-9])$/.exec(combo)?.[1];
      if (nth !== undefined) {
        const conversation = workOf(desk.view())[Number(nth) - 1];
        if (conversation !== undefined) {
          desk.show('desk');
          desk.select(conversation);
        }
        return event.preventDefault();
      }
      const action = actionOf(combo, desk.view().preferences.keys);
      const run = action === null ? null : runs(desk, ui)[action];
      // A key of ours that makes no sense now must not reach the browser either, except for letters.
      if (run || (action !== null && !isSingle(combo))) event.preventDefault();
      run?.();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [desk, ui]);
}
