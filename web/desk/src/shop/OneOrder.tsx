import { clock, day } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { reasonOf, wordText } from '../customer/use.ts';
import type { Returning } from '../forms/core.ts';
import { useDesk, useNow, useTexts, useView } from '../view/use.ts';
import { barred, deedsOf } from './core.ts';
import { DeliveryForm } from './Delivery.tsx';
import { CancelForm, ReturnForm } from './OrderForms.tsx';
import type { Order, OrderDeed, To } from './types.ts';
import type { Shopping } from './useOrders.ts';

function useMoney(currency: string): (amount: number) => string {
  const { language } = useView().preferences;
  const format = new Intl.NumberFormat(language, { style: 'currency', currency });
  // Shops tell money in the smallest unit of the currency.
  const unit = 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0);
  return (amount) => format.format(amount / unit);
}

interface Props {
  order: Order;
  shopping: Shopping;
  talk: string;
  /** The return that a customer asked for by a form. */
  returning: Returning | null;
}

/** An order, where it stands, and what its shop can be asked for. */
export function OneOrder({ order, shopping, talk, returning }: Props) {
  const t = useTexts();
  const { language } = useView().preferences;
  const money = useMoney(order.currency || 'JPY');
  const [shown, setShown] = useState<{ version: number; to: To } | null>(null);
  // What was shown of an earlier state may not hold any more.
  const to = order.to?.masked && shown?.version === order.version ? shown.to : order.to;
  const { delivery, payment } = order;
  return (
    <li>
      <p className="moment-head">
        <strong>{order.number || t('erased')}</strong>
        <time dateTime={new Date(order.placed_at).toISOString()}>{day(order.placed_at, language)}</time>
      </p>
      <p className="who-tags">
        <span className="tag strong">{wordText(t, 'order', order.status)}</span>
        <span className="tag">{order.store || order.shop}</span>
        <span className="tag">{wordText(t, 'via', order.channel)}</span>
        <span className="tag">{money(order.total)}</span>
        {payment && (
          <span className="tag">
            {wordText(t, 'payBy', payment.method)} {payment.state && wordText(t, 'pay', payment.state)}
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
      {to && (
        <Where order={order.id} to={to} onShown={(version, there) => setShown({ version, to: there })} />
      )}
      {order.returns.map((one) => (
        <p key={one.id}>
          {t('orderReturn')}: {wordText(t, 'return', one.state)} {wordText(t, 'why', one.reason ?? '')}{' '}
          <span className="hint">
            {day(one.asked_at, language)} {clock(one.asked_at, language)}
          </span>
        </p>
      ))}
      {order.note && <p className="hint">{order.note}</p>}
      <Deeds
        {...{ order, to, shopping, talk }}
        returning={returning?.order.id === order.id ? returning : null}
      />
    </li>
  );
}

/** Where it goes; what is hidden is shown when asked for, and that is noted. */
function Where({
  order,
  to,
  onShown,
}: {
  order: string;
  to: To;
  onShown: (version: number, to: To) => void;
}) {
  const desk = useDesk();
  const t = useTexts();
  const show = async () => {
    try {
      const path = `/api/v1/orders/${encodeURIComponent(order)}?show=address`;
      const answer = await desk.call<{ order: Order }>({ path });
      if (answer.order.to) onShown(answer.order.version, answer.order.to);
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
  };
  return (
    <p className="hint">
      {[to.recipient, to.postcode, to.address, to.phone].filter(Boolean).join(' ')}
      {to.masked && (
        <>
          {' '}
          {t('fieldMasked')}{' '}
          <button type="button" className="link" title={t('fieldShowHint')} onClick={() => void show()}>
            {t('fieldShow', { field: t('field_address') })}
          </button>
        </>
      )}
    </p>
  );
}

function Deeds({ order, to, shopping, talk, returning }: Props & { to: To | undefined }) {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow(30_000);
  const { language } = useView().preferences;
  const [opened, setOpened] = useState<OrderDeed | null>(null);
  useEffect(() => {
    if (returning) setOpened('start_return');
  }, [returning]);
  const deeds = deedsOf(order);
  const why = barred(order, shopping.shops);
  const close = () => {
    setOpened(null);
    if (returning) desk.giveBack(null);
  };
  const common = { order, shopping, talk, onClose: close };
  const { changeable_until: until = 0 } = order;
  // A form stays open while the order changes under it: its answer is still to be read.
  if (opened === 'change_delivery') return <DeliveryForm {...common} to={to} />;
  if (opened === 'cancel_order') return <CancelForm {...common} />;
  if (opened === 'start_return')
    return <ReturnForm key={returning?.event ?? 0} {...common} returning={returning} />;
  if (deeds.length === 0) return null;
  if (why !== null) return <p className="hint">{t(`barred_${why}`)}</p>;
  return (
    <>
      {until > 0 && deeds.includes('change_delivery') && (
        <p className="hint">
          {t(until < now ? 'changeableOver' : 'changeableUntil', {
            time: `${day(until, language)} ${clock(until, language)}`,
          })}
        </p>
      )}
      <p className="who-tags">
        {deeds.map((deed) => (
          <Button
            key={deed}
            size="compact-sm"
            variant="default"
            aria-label={t('shopOf', { deed: t(`ask_${deed}`), number: order.number })}
            onClick={() => setOpened(deed)}
          >
            {t(`ask_${deed}`)}
          </Button>
        ))}
      </p>
    </>
  );
}
