import { expect, it } from 'vitest';
import { barred, byArticle, deedsOf, isOver, reservedOf, windowOf, withAsked } from './core.ts';
import type { Command, Level, Order } from './types.ts';

const command = (id: string, more: Partial<Command> = {}): Command => ({
  id,
  shop: 'ec',
  kind: 'cancel_order',
  state: 'sent',
  asked_at: 1,
  ...more,
});
const order = (status: string, more: Partial<Order> = {}): Order => ({
  id: 'o',
  record: 'r',
  shop: 'ec',
  number: 'A-1',
  version: 1,
  status,
  channel: 'ec',
  placed_at: 1,
  total: 1,
  currency: 'JPY',
  lines: [],
  returns: [],
  delivery: {},
  ...more,
});

it('keeps what was just asked until the center tells of it', () => {
  const [a, b] = [command('a'), command('b')];
  expect(withAsked([b], [a]).map(({ id }) => id)).toEqual(['a', 'b']);
  const told = command('a', { state: 'confirmed' });
  expect(withAsked([told, b], [a])).toEqual([told, b]);
  expect([told, a].map(isOver)).toEqual([true, false]);
});

it('offers what makes sense for an order as it stands', () => {
  expect(deedsOf(order('placed'))).toEqual(['change_delivery', 'cancel_order']);
  expect(deedsOf(order('shipped'))).toEqual(['change_delivery', 'start_return']);
  expect(deedsOf(order('delivered'))).toEqual(['start_return']);
  expect(deedsOf(order('cancelled'))).toEqual([]);
  const { delivery: _, ...taken } = order('preparing');
  expect(deedsOf(taken)).toEqual(['cancel_order']);
});

it('says why nothing can be asked', () => {
  expect(barred(order('placed'), ['ec'])).toBe(null);
  expect(barred(order('placed'), ['stores'])).toBe('no_shop');
  expect(barred(order('placed', { erased: true }), ['ec'])).toBe('erased');
  // Not known yet: the shop's answer will tell.
  expect(barred(order('placed'), null)).toBe(null);
});

it('knows which reservations stand', () => {
  const reserve = (id: string, state: Command['state']) =>
    command(id, {
      kind: 'reserve_stock',
      state,
      do: { kind: 'reserve_stock', sku: 's', place: 'p', quantity: 1, until: 0 },
    });
  const release = (id: string, of: string, state: Command['state']) =>
    command(id, { kind: 'release_stock', state, do: { kind: 'release_stock', command: of } });
  const all = [
    reserve('a', 'confirmed'),
    reserve('b', 'sent'),
    reserve('c', 'confirmed'),
    reserve('d', 'confirmed'),
    release('e', 'c', 'sent'),
    release('f', 'd', 'refused'),
  ];
  expect(reservedOf(all).map(({ id }) => id)).toEqual(['a', 'd']);
});

it('puts places under their article', () => {
  const level = (shop: string, sku: string, place: string): Level => ({
    shop,
    sku,
    name: sku,
    place,
    place_name: place,
    place_kind: 'store',
    free: 1,
    reserved: 0,
    at: 0,
  });
  const levels = [
    level('ec', 'a', 'x'),
    level('ec', 'b', 'x'),
    level('ec', 'a', 'y'),
    level('other', 'a', 'x'),
  ];
  expect(byArticle(levels).map((places) => places.map(({ place }) => place))).toEqual([
    ['x', 'y'],
    ['x'],
    ['x'],
  ]);
  expect([windowOf('10:00', '12:00'), windowOf('10:00', '')]).toEqual(['10:00-12:00', '']);
});
