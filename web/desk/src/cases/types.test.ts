import { describe, expect, it } from 'vitest';
import { type Case, dueOf, timeOf } from './types.ts';

const CASE: Case = {
  case: 'c',
  record: 'r',
  kind: 'damage',
  department: 'sales',
  owner: '',
  priority: 5,
  title: '',
  phase: 'open',
  waits_for: '',
  waits_until: 0,
  opened_at: 1,
  first_due: 100,
  due: 500,
  late: [],
  code: '',
  conversations: [],
  last_at: 1,
};

describe('when a case is due', () => {
  it('is its answer first, then its solution', () => {
    expect(dueOf(CASE, 99)).toEqual({ at: 100, late: false });
    expect(dueOf(CASE, 100)).toEqual({ at: 100, late: true });
    expect(dueOf({ ...CASE, first_due: 0 }, 100)).toEqual({ at: 500, late: false });
  });

  it('stands still while it waits and is over once it is solved', () => {
    expect(dueOf({ ...CASE, phase: 'waiting' }, 900)).toBeNull();
    expect(dueOf({ ...CASE, phase: 'waiting', waits_until: 950 }, 960)).toEqual({ at: 950, late: false });
    expect(dueOf({ ...CASE, phase: 'solved' }, 900)).toBeNull();
  });
});

describe('a time that a person wrote', () => {
  it('is nothing when it is none', () => {
    expect(timeOf('')).toBe(0);
    expect(timeOf('2026-01-02T03:04')).toBe(new Date(2026, 0, 2, 3, 4).getTime());
  });
});
