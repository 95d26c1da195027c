import type { Entry } from '../customer/types.ts';

/** Touchpoints that are shown. */
export const LAST = 10;
/** Touchpoints of one answer, and answers that are looked through at most. */
export const PAGE = 200;
export const PAGES = 5;

export interface Before {
  state: 'loading' | 'ready' | 'failed';
  /** Newest first. */
  entries: readonly Entry[];
}

/** What happened before a case was opened, in its order; the case's own touchpoint is no part of the way to it. */
export const beforeOf = (entries: readonly Entry[], openedAt: number): Entry[] =>
  entries.filter((entry) => entry.at <= openedAt && entry.kind !== 'case');
