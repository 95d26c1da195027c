import { expect, it } from 'vitest';
import { memoryStorage as memory } from '../fakes.ts';
import { outboxStore } from './store.ts';

const entry = (order: number) => ({
  order,
  frame: { type: 'close', ref: `r${order}`, conversation: 'c' } as const,
});

it('brings back in order what was kept and not forgotten', () => {
  const storage = memory();
  const store = outboxStore(storage, 'a');
  for (const n of [3, 1, 2]) store.keep(entry(n));
  store.forget('r2');
  outboxStore(storage, 'ab').keep(entry(9));
  storage.setItem('a.broken', '{');
  storage.setItem('other', 'x');
  expect(outboxStore(storage, 'a').load()).toEqual([entry(1), entry(3)]);
  store.clear();
  expect([store.load(), outboxStore(storage, 'ab').load(), storage.getItem('other')]).toEqual([
    [],
    [entry(9)],
    'x',
  ]);
});
