import { useEffect, useRef, useState } from 'react';
import { useDesk } from '../../view/use.ts';
import { type Asked, type Journeys, queryOf } from './journeys.ts';

/** Asked for again so long after an answer that it is being counted, ms. */
const PAUSE = 1_000;

export interface Counted {
  state: 'loading' | 'counting' | 'ready' | 'failed';
  /** The last figures, also while new ones are counted. */
  value: Journeys | null;
  again: () => void;
}

/** The ways of all customers; asks until they are counted. */
export function useJourneys(asked: Asked): Counted {
  const desk = useDesk();
  const [turn, setTurn] = useState(0);
  const [{ state, value }, set] = useState<Omit<Counted, 'again'>>({ state: 'loading', value: null });
  const query = queryOf(asked);
  const current = useRef('');
  useEffect(() => {
    const mine = `${query} ${turn}`;
    current.current = mine;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      void desk.call<Journeys>({ path: `/api/v1/journeys?${query}` }).then(
        (told) => {
          if (current.current !== mine) return;
          if (told.counting) {
            set((before) => ({ ...before, state: 'counting' }));
            timer = setTimeout(ask, PAUSE);
          } else set({ state: 'ready', value: told });
        },
        () => current.current === mine && set((before) => ({ ...before, state: 'failed' })),
      );
    set((before) => ({ ...before, state: 'loading' }));
    ask();
    return () => {
      current.current = '';
      clearTimeout(timer);
    };
  }, [desk, query, turn]);
  return { state, value, again: () => setTurn((before) => before + 1) };
}
