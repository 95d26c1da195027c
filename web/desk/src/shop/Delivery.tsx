import { TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useTexts } from '../view/use.ts';
import { windowOf } from './core.ts';
import { ShopForm, type Told } from './ShopForm.tsx';
import type { Order, To } from './types.ts';
import { useAsking } from './useAsking.ts';
import type { Shopping } from './useOrders.ts';

const TO = ['recipient', 'postcode', 'address', 'phone'] as const;
/** Longest value, as the center takes it. */
const MOST = { recipient: 100, postcode: 16, address: 300, phone: 32 } as const;
const LABELS = {
  recipient: 'toRecipient',
  postcode: 'field_postcode',
  address: 'field_address',
  phone: 'identity_phone',
} as const;

interface FormProps {
  order: Order;
  /** Where it goes, as far as it is shown. */
  to: To | undefined;
  shopping: Shopping;
  talk: string;
  onClose: () => void;
}

/** Another time, another place; what stays empty stays as it is. */
export function DeliveryForm({ order, to, shopping, talk, onClose }: FormProps) {
  const t = useTexts();
  const asking = useAsking(shopping);
  const [empty, setEmpty] = useState(false);
  const box = useRef<HTMLFormElement>(null);
  const { date = '', window: slot = '' } = order.delivery ?? {};
  useFill(box, to);
  const send = ({ text }: Told) => {
    const at = { date: text('date'), window: windowOf(text('from'), text('until')) };
    const moved = at.date !== date || at.window !== slot;
    const changed = (name: (typeof TO)[number]) => (text(name) === (to?.[name] ?? '') ? '' : text(name));
    const elsewhere = { ...toOf(changed) };
    const there = TO.some((name) => elsewhere[name] !== '');
    setEmpty(!moved && !there);
    if (!moved && !there) return;
    // Date and window go together: one of them alone would leave the other to the shop.
    const when = moved ? at : { date: '', window: '' };
    const deed = { kind: 'change_delivery', ...when, ...(there ? { to: elsewhere } : {}) } as const;
    void asking.send({ order: order.id, conversation: talk }, deed);
  };
  return (
    <ShopForm name={t('ask_change_delivery')} asking={asking} onSend={send} onClose={onClose} box={box}>
      <Slot date={date} window={slot} />
      <p className="hint">{t(to?.masked ? 'toHidden' : 'toKept')}</p>
      <ToFields />
      {empty && <p role="alert">{t('shopNothing')}</p>}
    </ShopForm>
  );
}

export const toOf = (text: (name: (typeof TO)[number]) => string): To => ({
  recipient: text('recipient'),
  postcode: text('postcode'),
  address: text('address'),
  phone: text('phone'),
});

/** Writes what is known into fields that nobody wrote into. */
export function useFill(box: React.RefObject<HTMLFormElement | null>, to: Partial<To> | undefined): void {
  useEffect(() => {
    for (const name of TO) {
      const field = box.current?.elements.namedItem(name);
      if (field instanceof HTMLInputElement && field.value === '') field.value = to?.[name] ?? '';
    }
  }, [box, to]);
}

/** Which day, and between which hours. */
export function Slot({ date = '', window: slot = '' }: { date?: string; window?: string }) {
  const t = useTexts();
  const [from = '', until = ''] = slot.split('-');
  return (
    <>
      <TextInput name="date" type="date" size="xs" label={t('slotDate')} defaultValue={date} />
      <span className="row">
        <TextInput name="from" type="time" size="xs" label={t('slotFrom')} defaultValue={from} />
        <TextInput name="until" type="time" size="xs" label={t('slotUntil')} defaultValue={until} />
      </span>
    </>
  );
}

export function ToFields({ required = false }: { required?: boolean }) {
  const t = useTexts();
  return (
    <>
      {TO.map((name) => (
        <TextInput
          key={name}
          name={name}
          size="xs"
          label={t(LABELS[name])}
          required={required && (name === 'recipient' || name === 'address')}
          maxLength={MOST[name]}
          autoComplete="off"
        />
      ))}
    </>
  );
}
