import { expect, it } from 'vitest';
import { getAt, setAt } from './paths.ts';

it('reads and changes by path, and leaves the record as it was', () => {
  const record = { title: { ja: 'あ', en: 'a' }, n: 1 };
  expect([getAt(record, 'title.ja'), getAt(record, 'no.where'), getAt(record, 'n.x')]).toEqual([
    'あ',
    undefined,
    undefined,
  ]);
  expect(setAt(record, 'title.en', 'b')).toEqual({ title: { ja: 'あ', en: 'b' }, n: 1 });
  expect(setAt(record, 'n', undefined)).toEqual({ title: { ja: 'あ', en: 'a' } });
  expect(setAt({}, 'a.b.c', 1)).toEqual({ a: { b: { c: 1 } } });
  expect(record).toEqual({ title: { ja: 'あ', en: 'a' }, n: 1 });
});
