import { type FormName, type FormValues, fieldsOf, fold, type Thread } from '@madoguchi/shared';
import { deedsOf } from '../shop/core.ts';
import type { Line, Order } from '../shop/types.ts';

/** A return that a customer asked for by a form, on its way to the shop. */
export interface Returning {
  order: Order;
  /** The conversation, and the number of the event there. */
  talk: string;
  event: number;
  values: FormValues;
  /** The order is of another record than the customer of the conversation. */
  elsewhere: boolean;
}

/** What is known already of what a form asks. */
export function offeredValues(form: FormName, { name }: Pick<Thread, 'name'>): FormValues {
  const asks = fieldsOf(form).some((field) => field.name === 'name');
  return asks && name !== '' ? { name } : {};
}

/** Whether its shop may be asked to take something of it back. */
export const returnable = (order: Order): boolean =>
  order.erased !== true && deedsOf(order).includes('start_return');

/** How many of each line come back: those of the article that the customer named; of several that fit nothing is guessed. */
export function quantitiesOf(lines: readonly Line[], { article = '', quantity = '' }: FormValues): number[] {
  const named = lines.filter((line) => fits(line, article));
  const meant = named.length > 0 ? named : lines;
  const only = meant.length === 1 ? meant[0] : undefined;
  const count = Math.max(1, Number(quantity) || 1);
  return lines.map((line) => (line === only ? Math.min(count, line.quantity) : 0));
}

function fits({ sku, name }: Line, article: string): boolean {
  const wanted = fold(article);
  if (wanted === '') return false;
  const own = [sku, name].map(fold).filter((word) => word !== '');
  return own.some((word) => word.includes(wanted) || wanted.includes(word));
}
