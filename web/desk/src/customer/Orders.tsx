import { clock, day } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { isMissing } from '../store/office.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { pathOf } from './book.ts';
import type { Command, Order } from './types.ts';
import { wordText } from './use.ts';

export interface Orders {
  state: 'loading' | 'ready' | 'missing' | 'failed';
  orders: readonly Order[];
  commands: readonly Command[];
  /** Where the next page begins; empty: that was all. */
  next: string;
}

const NOTHING: Orders = { state: 'loading', orders: [], commands: [], next: '' };

/** A customer's orders and what shops were asked for; `missing` when this center has no shops. */
export function useOrders(id: string, version: number): [Orders, () => void] {
  const desk = useDesk();
  const [orders, setOrders] = useState(NOTHING);
  const ask = useCallback(
    async (before: Orders): Promise<Orders> => {
      const query = before.next ? `?after=${encodeURIComponent(before.next)}` : '';
      try {
        const [page, asked] = await Promise.all([
          desk.call<{ orders: Order[]; next: string }>({ path: pathOf(id, `/orders${query}`) }),
          desk.call<{ commands: Command[] }>({ path: pathOf(id, '/shop-commands') }),
        ]);
        const all = [...before.orders, ...page.orders];
        return { state: 'ready', orders: all, commands: asked.commands, next: page.next };
      } catch (error) {
        return { ...before, state: isMissing(error) ? 'missing' : 'failed' };
      }
    },
    [desk, id],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: something was heard of the customer.
  useEffect(() => {
    let current = true;
    void ask(NOTHING).then((now) => current && setOrders(now));
    return () => {
      current = false;
    };
  }, [ask, version]);
  return [orders, () => void ask(orders.state === 'failed' ? NOTHING : orders).then(setOrders)];
}

/** What they bought, where it stands, and what shops were asked for. */
export function OrderList({ orders, further }: { orders: Orders; further: () => void }) {
  const t = useTexts();
  const { state, orders: list, commands, next } = orders;
  const open = commands.filter((one) => one.state !== 'confirmed');
  if (state === 'loading') return <p className="empty">{t('loading')}</p>;
  return (
    <>
      {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      {open.length > 0 && (
        <>
          <h2>{t('orderAsked')}</h2>
          <ul className="orders">
            {open.map((one) => (
              <Asked key={one.id} command={one} />
            ))}
          </ul>
        </>
      )}
      {state === 'ready' && list.length === 0 && <p className="empty">{t('orderNone')}</p>}
      <ol className="orders">
        {list.map((order) => (
          <OneOrder key={order.id} order={order} />
        ))}
      </ol>
      {(next !== '' || state === 'failed') && (
        <Button size="compact-sm" variant="default" onClick={further}>
          {t(state === 'failed' ? 'retry' : 'orderOlder')}
        </Button>
      )}
    </>
  );
}

/** What a shop has not said yes to: it is still asked, or it said no, in its own words. */
function Asked({ command }: { command: Command }) {
  const t = useTexts();
  const { kind, state, words, reason, fault } = command;
  const why = state === 'refused' ? words || reason : fault;
  return (
    <li>
      <strong>{wordText(t, 'do', kind)}</strong>{' '}
      <span className="tag">{t(state === 'refused' ? 'command_refused' : 'command_asked')}</span>
      {why && <p>{why}</p>}
    </li>
  );
}

function useMoney(currency: string): (amount: number) => string {
  const { language } = useView().preferences;
  const format = new Intl.NumberFormat(language, { style: 'currency', currency });
  // Shops tell money in the smallest unit of the currency.
  const unit = 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0);
  return (amount) => format.format(amount / unit);
}

function OneOrder({ order }: { order: Order }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const money = useMoney(order.currency || 'JPY');
  const { delivery, payment, to } = order;
  return (
    <li>
      <p className="moment-head">
        <strong>{order.number || t('erased')}</strong>
        <time dateTime={new Date(order.placed_at).toISOString()}>{day(order.placed_at, language)}</time>
      </p>
      <p className="who-tags">
        <span className="tag strong">{wordText(t, 'order', order.status)}</span>
        <span className="tag">{order.store || order.shop}</span>
        <span className="tag">{money(order.total)}</span>
        {payment && (
          <span className="tag">
            {payment.method} {payment.state && wordText(t, 'pay', payment.state)}
          </span>
        )}
      </p>
      <ul>
        {order.lines.map((line) => (
          <li key={line.sku}>
            {line.name || line.sku} × {line.quantity}
          </li>
        ))}
      </ul>
      {delivery && (delivery.date || delivery.tracking) && (
        <p>
          {t('orderDelivery')}:{' '}
          {[delivery.date, delivery.window, delivery.carrier, delivery.tracking].filter(Boolean).join(' ')}
        </p>
      )}
      {to && <p className="hint">{[to.recipient, to.postcode, to.address].filter(Boolean).join(' ')}</p>}
      {order.returns.map((one) => (
        <p key={one.id}>
          {t('orderReturn')}: {wordText(t, 'return', one.state)} {one.reason}{' '}
          <span className="hint">
            {day(one.asked_at, language)} {clock(one.asked_at, language)}
          </span>
        </p>
      ))}
      {order.note && <p className="hint">{order.note}</p>}
    </li>
  );
}
