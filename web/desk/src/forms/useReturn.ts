import { ApiError, type FormValues } from '@madoguchi/shared';
import { useState } from 'react';
import type { Order, Shop } from '../shop/types.ts';
import type { Desk } from '../store/desk.ts';
import { useUi } from '../view/ui.ts';
import { useDesk } from '../view/use.ts';
import { returnable } from './core.ts';

const NOT_FOUND = 404;

/** The order of this number, of whichever shop can be asked here; `null`: none has it. */
async function orderOf(desk: Desk, number: string): Promise<Order | null> {
  const { shops } = await desk.call<{ shops: Shop[] }>({ path: '/api/v1/shops' });
  for (const { name } of shops) {
    const query = new URLSearchParams({ shop: name, number });
    try {
      return (await desk.call<{ order: Order }>({ path: `/api/v1/orders?${query}` })).order;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== NOT_FOUND) throw error;
    }
  }
  return null;
}

export type Search = 'none' | 'looking' | 'missing' | 'failed' | { barred: string };

/** Looks up the order of a return and opens its shop's form, filled in with what the customer wrote. */
export function useReturn(talk: string, event: number, values: FormValues): [Search, () => Promise<void>] {
  const desk = useDesk();
  const ui = useUi();
  const [search, setSearch] = useState<Search>('none');
  const start = async () => {
    setSearch('looking');
    try {
      const order = await orderOf(desk, values.order ?? '');
      if (order === null) return setSearch('missing');
      if (!returnable(order)) return setSearch({ barred: order.status });
      setSearch('none');
      const elsewhere = !isTheirs(desk, talk, order);
      if (elsewhere) desk.meet(order.record);
      ui.open(elsewhere ? 'person' : paneIsShown() ? null : 'customer');
      desk.giveBack({ order, talk, event, values, elsewhere });
    } catch {
      setSearch('failed');
    }
  };
  return [search, start];
}

/** Whether the order is of the conversation's customer, as far as the desk knows who that is. */
function isTheirs(desk: Desk, talk: string, { record }: Order): boolean {
  const { customers, threads } = desk.view();
  const known = customers[threads[talk]?.customerId ?? '']?.known;
  return known?.customer.records.includes(record) === true;
}

/** Below some width a drawer stands in for the pane. */
const paneIsShown = (): boolean =>
  (document.querySelector('aside.customer')?.getClientRects().length ?? 0) > 0;
