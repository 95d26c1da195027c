import { expect, it } from 'vitest';
import { boardOf, lateIn, NOBODY } from './board.ts';
import type { Case } from './types.ts';

const made = (id: string, more: Partial<Case> = {}): Case => ({
  case: id,
  record: 'r',
  kind: 'damage',
  department: 'support',
  owner: '',
  priority: 5,
  title: id,
  phase: 'open',
  waits_for: '',
  waits_until: 0,
  opened_at: 0,
  first_due: 0,
  due: 100,
  late: [],
  code: '',
  conversations: [],
  last_at: 0,
  ...more,
});

const ALL = [
  made('soon', { due: 60 }),
  made('waits', { phase: 'waiting', due: 10, owner: 'sato' }),
  made('late', { due: 40 }),
  made('later', { due: 30, owner: 'sato' }),
  made('old', { phase: 'solved', last_at: 1 }),
  made('done', { phase: 'solved', last_at: 2, owner: 'sato' }),
];
const ids = (cases: readonly Case[]) => cases.map((one) => one.case);

it('puts what is overdue first, then what is due next', () => {
  expect(ids(boardOf(ALL, 'unsolved', '', 50))).toEqual(['later', 'late', 'soon', 'waits']);
  expect(lateIn(ALL, 50)).toBe(2);
});

it('shows one state, and whose they are', () => {
  expect(ids(boardOf(ALL, 'solved', '', 50))).toEqual(['done', 'old']);
  expect(ids(boardOf(ALL, 'waiting', '', 50))).toEqual(['waits']);
  expect(ids(boardOf(ALL, 'unsolved', 'sato', 50))).toEqual(['later', 'waits']);
  expect(ids(boardOf(ALL, 'open', NOBODY, 50))).toEqual(['late', 'soon']);
});
