import { describe, expect, it } from 'vitest';
import type { Order } from '../shop/types.ts';
import { offeredValues, quantitiesOf, returnable } from './core.ts';

const line = (sku: string, name: string, quantity: number) => ({ sku, name, quantity, price: 1 });
const POTS = [line('POT-M', '白い鉢 M', 3), line('POT-L', '白い鉢 L', 1)];
const ORDER: Order = {
  id: 'o',
  record: 'r',
  shop: 'ec',
  number: 'A-1',
  version: 1,
  status: 'delivered',
  channel: 'ec',
  placed_at: 1,
  total: 1,
  currency: 'JPY',
  lines: POTS,
  returns: [],
};

describe('what comes back', () => {
  it('is the article that the customer named, as many as there are', () => {
    expect(quantitiesOf(POTS, { article: '白い鉢 M', quantity: '2' })).toEqual([2, 0]);
    expect(quantitiesOf(POTS, { article: 'ｐｏｔ-l', quantity: '5' })).toEqual([0, 1]);
    expect(quantitiesOf(POTS, { article: '白い鉢 M（割れていた）', quantity: 'x' })).toEqual([1, 0]);
  });

  it('is the only line, whatever it is called, and nothing guessed of several', () => {
    expect(quantitiesOf(POTS.slice(0, 1), { article: '植木鉢', quantity: '1' })).toEqual([1]);
    expect(quantitiesOf(POTS, { article: '植木鉢', quantity: '1' })).toEqual([0, 0]);
    expect(quantitiesOf(POTS, { article: '白い鉢', quantity: '1' })).toEqual([0, 0]);
    expect(quantitiesOf(POTS, {})).toEqual([0, 0]);
  });

  it('is asked for only once it was sent', () => {
    expect(returnable(ORDER)).toBe(true);
    expect(returnable({ ...ORDER, status: 'placed' })).toBe(false);
    expect(returnable({ ...ORDER, erased: true })).toBe(false);
  });
});

it('a form is offered with the name that is known', () => {
  expect(offeredValues('contact', { name: '山本 結衣' })).toEqual({ name: '山本 結衣' });
  expect(offeredValues('contact', { name: '' })).toEqual({});
  expect(offeredValues('return', { name: '山本 結衣' })).toEqual({});
});
