import { useCallback, useEffect, useRef, useState } from 'react';
import { pathOf } from '../customer/book.ts';
import { isMissing } from '../store/office.ts';
import { useDesk } from '../view/use.ts';
import { isOver, withAsked } from './core.ts';
import type { Command, Order, Shop } from './types.ts';

export interface Orders {
  state: 'loading' | 'ready' | 'missing' | 'failed';
  orders: readonly Order[];
  commands: readonly Command[];
  /** Where the next page begins; empty: that was all. */
  next: string;
  /** Names of the shops that can be asked; `null`: not known. */
  shops: readonly string[] | null;
}

export interface Shopping extends Orders {
  /** The customer, by any of their records. */
  id: string;
  /** The next page, or the first one again when it failed. */
  further: () => void;
  /** Asks how the commands stand; when a shop answered, for the orders anew. */
  follow: () => Promise<void>;
  /** A command that was just asked. */
  keep: (command: Command) => void;
}

const NOTHING: Orders = { state: 'loading', orders: [], commands: [], next: '', shops: null };

/** A customer's orders and what shops were asked for; `missing` when this center has no shops. */
export function useOrders(id: string, version: number): Shopping {
  const desk = useDesk();
  const [orders, setOrders] = useState(NOTHING);
  const asked = useRef<Command[]>([]);
  const commandsOf = useCallback(async () => {
    const told = await desk.call<{ commands: Command[] }>({ path: pathOf(id, '/shop-commands') });
    return withAsked(told.commands, asked.current);
  }, [desk, id]);
  const ask = useCallback(
    async (before: Orders): Promise<Orders> => {
      const query = before.next ? `?after=${encodeURIComponent(before.next)}` : '';
      try {
        const [page, commands, shops] = await Promise.all([
          desk.call<{ orders: Order[]; next: string }>({ path: pathOf(id, `/orders${query}`) }),
          commandsOf(),
          shopsOf(desk.call.bind(desk)),
        ]);
        return {
          state: 'ready',
          orders: [...before.orders, ...page.orders],
          commands,
          next: page.next,
          shops,
        };
      } catch (error) {
        return { ...before, state: isMissing(error) ? 'missing' : 'failed' };
      }
    },
    [desk, id, commandsOf],
  );
  // What was asked while this came is not in it.
  const put = useCallback((now: Orders) => {
    setOrders({ ...now, commands: withAsked(now.commands, asked.current) });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: something was heard of the customer.
  useEffect(() => {
    let current = true;
    void ask(NOTHING).then((now) => current && put(now));
    return () => {
      current = false;
    };
  }, [ask, put, version]);
  const waiting = orders.commands.filter((one) => !isOver(one)).map((one) => one.id);
  const follow = async () => {
    try {
      const commands = await commandsOf();
      if (commands.some((one) => isOver(one) && waiting.includes(one.id))) put(await ask(NOTHING));
      else setOrders((before) => ({ ...before, commands }));
    } catch {
      // What is shown stays; it is asked for again.
    }
  };
  const keep = (command: Command) => {
    asked.current = [command, ...asked.current];
    setOrders((before) => ({ ...before, commands: withAsked(before.commands, asked.current) }));
    // Asked again after a lost answer: the shop may have said yes long ago.
    if (isOver(command)) void ask(NOTHING).then(put);
  };
  const further = () => void ask(orders.state === 'failed' ? NOTHING : orders).then(put);
  return { ...orders, id, further, follow, keep };
}

type Call = <T>(request: { path: string }) => Promise<T>;

/** Without the list nothing is barred: the center refuses what cannot be. */
const shopsOf = (call: Call): Promise<string[] | null> =>
  call<{ shops: Shop[] }>({ path: '/api/v1/shops' }).then(
    ({ shops }) => shops.map(({ name }) => name),
    () => null,
  );
