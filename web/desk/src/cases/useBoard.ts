import { useCallback, useEffect, useRef, useState } from 'react';
import { useDesk } from '../view/use.ts';
import type { Case } from './types.ts';

/** Cases of one answer, and of one board. */
const PAGE = 200;
const MOST = 1_000;
/** Asked for again so long after each answer, ms. */
const EVERY = 15_000;

export interface BoardView {
  state: 'loading' | 'ready' | 'failed';
  cases: readonly Case[];
  /** There are more than are shown. */
  more: boolean;
  /** When the list was true, ms; 0 before the first answer. */
  at: number;
}

const NOTHING: BoardView = { state: 'loading', cases: [], more: false, at: 0 };

/** Everybody's cases, of one department or all; kept as they were while no site answers. */
export function useBoard(department: string, solved: boolean): [BoardView, () => void] {
  const desk = useDesk();
  const [board, setBoard] = useState(NOTHING);
  const turn = useRef(0);
  const ask = useCallback(async () => {
    turn.current += 1;
    const asked = turn.current;
    let now: (before: BoardView) => BoardView;
    try {
      const found: Case[] = [];
      let after = '';
      do {
        const query = new URLSearchParams({ department, solved: String(solved), after, limit: String(PAGE) });
        const page = await desk.call<{ cases: Case[]; next: string }>({ path: `/api/v1/cases?${query}` });
        found.push(...page.cases);
        after = page.next;
      } while (after !== '' && found.length < MOST);
      const ready: BoardView = { state: 'ready', cases: found, more: after !== '', at: Date.now() };
      now = () => ready;
    } catch {
      now = (before) => ({ ...before, state: 'failed' });
    }
    if (asked === turn.current) setBoard(now);
  }, [desk, department, solved]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const run = () =>
      void ask().then(() => {
        if (!over) timer = setTimeout(run, EVERY);
      });
    run();
    return () => {
      over = true;
      turn.current += 1;
      clearTimeout(timer);
    };
  }, [ask]);
  return [board, () => void ask()];
}
