import { expect, it } from 'vitest';
import { prioritiesOf, reasonOptions, rowsOf } from './priorities.ts';

it('gives priorities back as they were read', () => {
  const stored = { segments: { vip: 3, new: 1 }, reasons: { return: 2 } };
  expect(rowsOf(stored).segments).toEqual([
    { id: 'vip', priority: 3 },
    { id: 'new', priority: 1 },
  ]);
  expect(prioritiesOf(rowsOf(stored))).toEqual(stored);
  expect(prioritiesOf(rowsOf({}))).toEqual({ segments: {}, reasons: {} });
});

it('sends no row without a name', () => {
  const rows = { segments: [{ id: '  ', priority: 4 }], reasons: [{ id: ' order ', priority: 1 }] };
  expect(prioritiesOf(rows)).toEqual({ segments: {}, reasons: { order: 1 } });
});

it('keeps a reason that the customers’ page no longer offers', () => {
  const known = [{ value: 'order', label: '注文' }];
  expect(reasonOptions(known, { reasons: { order: 1, old: 2 } })).toEqual([
    ...known,
    { value: 'old', label: 'old' },
  ]);
});
