import { type Command, type Level, ORDER_DEEDS, type Order, type OrderDeed } from './types.ts';

/** The shop said yes or no. */
export const isOver = ({ state }: Command): boolean => state === 'confirmed' || state === 'refused';

/** What the center tells of, newest first, with what was asked a moment ago and its view does not know yet. */
export function withAsked(told: readonly Command[], asked: readonly Command[]): Command[] {
  const unknown = asked.filter((one) => !told.some(({ id }) => id === one.id));
  return [...unknown, ...told];
}

const WHEN: Record<OrderDeed, readonly string[]> = {
  change_delivery: ['placed', 'preparing', 'shipped'],
  cancel_order: ['placed', 'preparing'],
  start_return: ['shipped', 'delivered'],
};

/** What may be asked about an order as it stands; the shop decides. */
export function deedsOf({ status, delivery, to }: Order): OrderDeed[] {
  const sent = delivery !== undefined || to !== undefined;
  return ORDER_DEEDS.filter((deed) => WHEN[deed].includes(status) && (deed !== 'change_delivery' || sent));
}

/** Why nothing can be asked about an order; `null`: it can. */
export function barred(order: Order, shops: readonly string[] | null): 'erased' | 'no_shop' | null {
  if (order.erased) return 'erased';
  return shops === null || shops.includes(order.shop) ? null : 'no_shop';
}

/** Reservations that stand: confirmed, and nobody asked to give them back, or the shop refused that. */
export function reservedOf(commands: readonly Command[]): Command[] {
  const released = commands.flatMap((one) =>
    one.do?.kind === 'release_stock' && one.state !== 'refused' ? [one.do.command] : [],
  );
  const stands = (one: Command) => one.kind === 'reserve_stock' && one.state === 'confirmed';
  return commands.filter((one) => stands(one) && !released.includes(one.id));
}

/** Levels by article, in the order in which they came. */
export function byArticle(levels: readonly Level[]): Level[][] {
  const articles = new Map<string, Level[]>();
  for (const level of levels) {
    const key = JSON.stringify([level.shop, level.sku]);
    articles.set(key, [...(articles.get(key) ?? []), level]);
  }
  return [...articles.values()];
}

/** A slot's window of `from` and `to`, `HH:MM` each; empty unless both are there. */
export const windowOf = (from: string, to: string): string => (from && to ? `${from}-${to}` : '');
