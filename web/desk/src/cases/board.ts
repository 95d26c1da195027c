import { type Case, dueOf } from './types.ts';

export const SHOWN = ['unsolved', 'open', 'waiting', 'solved'] as const;
/** Which cases the board shows: all that are not solved, or those in one state. */
export type Shown = (typeof SHOWN)[number];

/** Owner of those that nobody has taken. */
export const NOBODY = 'nobody';

const fits = ({ phase }: Case, shown: Shown) => (shown === 'unsolved' ? phase !== 'solved' : phase === shown);

/** Overdue ones first, the longest overdue at the top; then by due time, solved ones by when they were. */
export function boardOf(cases: readonly Case[], shown: Shown, owner: string, now: number): Case[] {
  const whose = (one: Case) => owner === '' || one.owner === (owner === NOBODY ? '' : owner);
  const place = (one: Case): [number, number] => {
    if (one.phase === 'solved') return [2, -one.last_at];
    const due = dueOf(one, now);
    return [due?.late ? 0 : 1, due?.at ?? Number.MAX_SAFE_INTEGER];
  };
  return cases
    .filter((one) => fits(one, shown) && whose(one))
    .map((one) => ({ one, place: place(one) }))
    .sort((a, b) => a.place[0] - b.place[0] || a.place[1] - b.place[1])
    .map(({ one }) => one);
}

/** How many are past their time. */
export const lateIn = (cases: readonly Case[], now: number): number =>
  cases.filter((one) => dueOf(one, now)?.late).length;
