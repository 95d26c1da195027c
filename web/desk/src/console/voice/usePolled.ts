import { useCallback, useEffect, useState } from 'react';
import type { Desk } from '../../store/desk.ts';
import { isMissing, listOf } from '../../store/office.ts';
import { useDesk } from '../../view/use.ts';

export interface Polled<T> {
  state: 'loading' | 'ready' | 'missing' | 'failed';
  /** Stays as it was while no site answers. */
  list: readonly T[];
  /** When the list was true, ms; 0 before the first answer. */
  at: number;
}

type Again<T> = Polled<T> & { again: () => void };

/** A list of the center's that is asked for again so long after each answer, in ms; 0: once. */
export function usePolled<T>(path: string, every: number): Again<T> {
  const ask = useCallback(async (desk: Desk) => listOf<T>(await desk.call({ path })), [path]);
  return useAsked(ask, every);
}

/** As `usePolled`, for lists that need more than one question; `ask` stays the same function. */
export function useAsked<T>(ask: (desk: Desk) => Promise<readonly T[]>, every: number): Again<T> {
  const desk = useDesk();
  const [polled, setPolled] = useState<Polled<T>>({ state: 'loading', list: [], at: 0 });
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round is what asks again.
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const run = async () => {
      try {
        const list = await ask(desk);
        if (!over) setPolled({ state: 'ready', list, at: Date.now() });
      } catch (error) {
        const state = isMissing(error) ? 'missing' : 'failed';
        if (!over) setPolled((before) => ({ ...before, state }));
      }
      if (!over && every > 0) timer = setTimeout(() => void run(), every);
    };
    void run();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [desk, ask, every, round]);
  const again = useCallback(() => setRound((n) => n + 1), []);
  return { ...polled, again };
}
