import { type ConversationEvent, RETURN_REASONS } from '@madoguchi/shared';
import { Checkbox, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { wordText } from '../customer/use.ts';
import { quantitiesOf, type Returning } from '../forms/core.ts';
import { useTexts, useView } from '../view/use.ts';
import { ShopForm, type Told } from './ShopForm.tsx';
import { CANCEL_REASONS, type Order } from './types.ts';
import { useAsking } from './useAsking.ts';
import type { Shopping } from './useOrders.ts';

interface FormProps {
  order: Order;
  shopping: Shopping;
  talk: string;
  onClose: () => void;
}

export function CancelForm({ order, shopping, talk, onClose }: FormProps) {
  const t = useTexts();
  const asking = useAsking(shopping);
  const send = ({ text }: Told) =>
    void asking.send(
      { order: order.id, conversation: talk },
      { kind: 'cancel_order', reason: text('reason') },
    );
  return (
    <ShopForm name={t('ask_cancel_order')} asking={asking} onSend={send} onClose={onClose}>
      <Reason words={CANCEL_REASONS} />
    </ShopForm>
  );
}

interface ReturnProps extends FormProps {
  /** As the customer asked for it by a form. */
  returning: Returning | null;
}

/** What comes back, why, and what shows it. */
export function ReturnForm({ order, shopping, talk, onClose, returning }: ReturnProps) {
  const t = useTexts();
  const asking = useAsking(shopping);
  const box = useShown(returning !== null);
  const [empty, setEmpty] = useState(false);
  const { reason = '', words = '' } = returning?.values ?? {};
  const send = ({ text, all }: Told) => {
    const back = all('quantity').map(Number);
    const lines = order.lines.map((line, at) => ({ ...line, quantity: back[at] ?? 0 }));
    const some = lines.filter((line) => line.quantity > 0);
    setEmpty(some.length === 0);
    if (some.length === 0) return;
    const whole = lines.every((line, at) => line.quantity === order.lines[at]?.quantity);
    void asking.send(
      { order: order.id, conversation: talk },
      {
        kind: 'start_return',
        // No lines: all of it.
        lines: whole ? [] : some,
        reason: text('reason'),
        note: text('note'),
        files: all('file'),
      },
    );
  };
  return (
    <ShopForm name={t('ask_start_return')} asking={asking} onSend={send} onClose={onClose} box={box}>
      <Wish returning={returning} />
      <HowMany order={order} returning={returning} />
      <Reason words={RETURN_REASONS} chosen={reason} />
      <Textarea
        name="note"
        size="xs"
        label={t('returnNote')}
        maxLength={1_000}
        autosize={false}
        defaultValue={words}
      />
      <Photos talk={talk} />
      {empty && <p role="alert">{t('returnNothing')}</p>}
    </ShopForm>
  );
}

/** Brings a form that was opened from somewhere else into sight, and the keys into it. */
function useShown(opened: boolean) {
  const box = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!opened) return;
    box.current?.scrollIntoView({ block: 'nearest' });
    box.current?.querySelector('input')?.focus({ preventScroll: true });
  }, [opened]);
  return box;
}

/** What the customer wrote, as far as no field says it. */
function Wish({ returning }: Pick<ReturnProps, 'returning'>) {
  const t = useTexts();
  if (returning === null) return null;
  const { article = '', quantity = '' } = returning.values;
  return (
    <>
      {returning.elsewhere && <p className="shop-outcome bad">{t('returnElsewhere')}</p>}
      <p className="hint">{t('returnTold', { what: `${article} × ${quantity}` })}</p>
    </>
  );
}

function HowMany({ order, returning }: Pick<ReturnProps, 'order' | 'returning'>) {
  const t = useTexts();
  const counts = returning && quantitiesOf(order.lines, returning.values);
  return order.lines.map((line, at) => (
    <TextInput
      // biome-ignore lint/suspicious/noArrayIndexKey: an article may stand in two lines.
      key={at}
      name="quantity"
      type="number"
      size="xs"
      min={0}
      max={line.quantity}
      required
      defaultValue={counts?.[at] ?? line.quantity}
      label={t('returnHowMany', { what: line.name || line.sku })}
    />
  ));
}

function Reason({ words, chosen = '' }: { words: readonly string[]; chosen?: string }) {
  const t = useTexts();
  return (
    <NativeSelect
      name="reason"
      size="xs"
      label={t('shopReason')}
      {...(words.includes(chosen) ? { defaultValue: chosen } : {})}
      data={words.map((word) => ({ value: word, label: wordText(t, 'why', word) }))}
    />
  );
}

type FileEvent = Extract<ConversationEvent, { what: 'file' }>;

/** Files of the conversation at hand that the shop is told of. */
function Photos({ talk }: { talk: string }) {
  const t = useTexts();
  const { threads } = useView();
  const events: readonly ConversationEvent[] = threads[talk]?.events ?? [];
  const files = events.filter((event): event is FileEvent & ConversationEvent => event.what === 'file');
  const there = files.filter((file) => !file.erased);
  if (there.length === 0) return <p className="hint">{t('returnNoFiles')}</p>;
  return (
    <fieldset>
      <legend className="hint">{t('returnFiles')}</legend>
      {there.map(({ file, name }) => (
        <Checkbox key={file} name="file" value={`${talk}/${file}`} size="xs" label={name} />
      ))}
    </fieldset>
  );
}
