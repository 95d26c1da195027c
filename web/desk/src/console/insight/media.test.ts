import { expect, it } from 'vitest';
import { csvOf, lastDays, queryOf } from './media.ts';

it('asks for whole days, the last one included', () => {
  const query = new URLSearchParams(
    queryOf({ from: '2026-02-28', until: '2026-03-01', within: 30, kind: 'call' }) ?? '',
  );
  expect(Number(query.get('from'))).toBe(new Date(2026, 1, 28).getTime());
  expect(Number(query.get('until'))).toBe(new Date(2026, 2, 2).getTime());
  expect([query.get('within'), query.get('kind'), query.get('rows')]).toEqual(['30', 'call', '200']);
});

it('asks nothing when the days are not in order or no days', () => {
  const asked = { from: '2026-03-02', until: '2026-03-01', within: 30, kind: '' };
  expect(queryOf(asked)).toBeNull();
  expect(queryOf({ ...asked, from: '' })).toBeNull();
  expect(queryOf({ ...asked, until: '' })).toBeNull();
});

it('begins so many days ago, today among them', () => {
  expect(lastDays(30, new Date(2026, 2, 1, 23, 59))).toEqual({ from: '2026-01-31', until: '2026-03-01' });
});

it('writes cells that tables read as they are', () => {
  const table = [
    ['経路', 'n'],
    ['+81 3', -5],
    ['a,"b"', 1],
  ];
  expect(csvOf(table)).toBe(`経路,n\r\n'+81 3,-5\r\n"a,""b""",1\r\n`);
});
