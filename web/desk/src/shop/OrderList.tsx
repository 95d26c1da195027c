import { uuid } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import type { Customer } from '../customer/types.ts';
import type { Returning } from '../forms/core.ts';
import { useTexts } from '../view/use.ts';
import { Asked } from './Asked.tsx';
import { isOver } from './core.ts';
import { OneOrder } from './OneOrder.tsx';
import { PlaceOrder, type Row } from './PlaceOrder.tsx';
import { Stock } from './Stock.tsx';
import type { Level } from './types.ts';
import type { Shopping } from './useOrders.ts';
import './shop.css';

/** How long until a command without an answer is looked at again, ms: often at first. */
const LOOKS: readonly number[] = [700, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

interface Props {
  customer: Customer;
  shopping: Shopping;
  /** The conversation at hand; empty: none. */
  talk: string;
}

interface ListProps extends Props {
  /** The return that a customer asked for by a form, of one of these orders. */
  returning: Returning | null;
}

/** What they bought, where it stands, and what shops are asked for. */
export function OrderList({ customer, shopping, talk, returning }: ListProps) {
  const t = useTexts();
  const { state, orders, next, further } = shopping;
  useFollowed(shopping);
  // An old order may stand on a later page.
  const far = returning && !orders.some(({ id }) => id === returning.order.id) ? [returning.order] : [];
  if (state === 'loading') return <p className="empty">{t('loading')}</p>;
  return (
    <>
      <NewThings {...{ customer, shopping, talk }} />
      {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      <Asked shopping={shopping} />
      {state === 'ready' && orders.length === 0 && <p className="empty">{t('orderNone')}</p>}
      <ol className="orders">
        {[...far, ...orders].map((order) => (
          <OneOrder key={order.id} {...{ order, shopping, talk, returning }} />
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

/** Looks how commands stand as long as a shop owes an answer. */
function useFollowed({ commands, follow }: Shopping): void {
  const latest = useRef(follow);
  useEffect(() => {
    latest.current = follow;
  });
  const waiting = commands
    .filter((one) => !isOver(one))
    .map((one) => one.id)
    .join(' ');
  useEffect(() => {
    if (waiting === '') return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const look = (turn: number) => {
      const pause = LOOKS[Math.min(turn, LOOKS.length - 1)] ?? 0;
      timer = setTimeout(() => void latest.current().then(() => !over && look(turn + 1)), pause);
    };
    look(0);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [waiting]);
}

const emptyRow = (): Row => ({ key: uuid(), sku: '', name: '' });

/** The stock, and an order that is taken; both stay open together. */
function NewThings({ customer, shopping, talk }: Props) {
  const t = useTexts();
  const [stock, setStock] = useState(false);
  const [rows, setRows] = useState<readonly Row[]>([]);
  const shops = shopping.shops ?? [];
  const [chosen, setShop] = useState('');
  const shop = chosen || (shops[0] ?? '');
  const placing = rows.length > 0;
  const barred = (level: Level): string | null => {
    if (!shops.includes(level.shop)) return t('barred_no_shop');
    // A line that nobody wrote into binds to no shop.
    const bound = rows.some((row) => row.sku !== '') && shop !== level.shop;
    return bound ? t('stockOtherShop') : null;
  };
  const pick = ({ shop: of, sku, name }: Level) => {
    setShop(of);
    setRows((before) => [...before, { key: uuid(), sku, name }]);
  };
  return (
    <>
      <p className="who-tags">
        <Button
          size="compact-sm"
          variant="default"
          aria-expanded={stock}
          onClick={() => setStock((before) => !before)}
        >
          {t('stockTitle')}
        </Button>
        {!placing && shops.length > 0 && (
          <Button size="compact-sm" variant="default" onClick={() => setRows([emptyRow()])}>
            {t('ask_place_order')}
          </Button>
        )}
      </p>
      {shops.length === 0 && <p className="hint">{t('shopNone')}</p>}
      {stock && <Stock {...{ shopping, talk, barred }} onPick={pick} />}
      {placing && (
        <PlaceOrder
          {...{ customer, shopping, talk, shop, rows }}
          onShop={setShop}
          onMore={() => setRows((before) => [...before, emptyRow()])}
          onLess={(key) => setRows((before) => before.filter((row) => row.key !== key))}
          onClose={() => setRows([])}
        />
      )}
    </>
  );
}
