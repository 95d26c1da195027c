import { expect, it } from 'vitest';
import { between, gradeOf, worse } from './quality.ts';

it('grades by the worst of loss, jitter and delay', () => {
  expect(gradeOf({ loss_permille: 5, jitter_ms: 4, rtt_ms: 20 })).toBe('good');
  expect(gradeOf({ loss_permille: 20, jitter_ms: 4, rtt_ms: 20 })).toBe('fair');
  expect(gradeOf({ loss_permille: 0, jitter_ms: 71, rtt_ms: 20 })).toBe('poor');
  expect(gradeOf({ loss_permille: 0, jitter_ms: 0, rtt_ms: 900 })).toBe('poor');
});

it('counts loss between two looks, not since the beginning', () => {
  const before = { received: 1_000, lost: 500, jitter_ms: 3, rtt_ms: 10 };
  const now = { received: 1_090, lost: 510, jitter_ms: 3.4, rtt_ms: 10.6 };
  expect(between(before, now)).toEqual({ loss_permille: 100, jitter_ms: 3, rtt_ms: 11 });
  expect(between(null, { received: 0, lost: 0, jitter_ms: 0, rtt_ms: 0 }).loss_permille).toBe(0);
});

it('takes the worse of both ends', () => {
  const a = { loss_permille: 1, jitter_ms: 9, rtt_ms: 5 };
  const b = { loss_permille: 4, jitter_ms: 2, rtt_ms: 8 };
  expect(worse(a, b)).toEqual({ loss_permille: 4, jitter_ms: 9, rtt_ms: 8 });
  expect([worse(undefined, b), worse(undefined, undefined)]).toEqual([b, null]);
});
