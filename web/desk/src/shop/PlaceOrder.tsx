import { spoken } from '@madoguchi/shared';
import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Customer } from '../customer/types.ts';
import { phoneOf, reasonOf, wordText } from '../customer/use.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { windowOf } from './core.ts';
import { Slot, ToFields, toOf, useFill } from './Delivery.tsx';
import { ShopForm, type Told } from './ShopForm.tsx';
import { PAYMENTS } from './types.ts';
import { useAsking } from './useAsking.ts';
import type { Shopping } from './useOrders.ts';

/** A line that is written; the article may come from the stock. */
export interface Row {
  key: string;
  sku: string;
  name: string;
}

interface Props {
  customer: Customer;
  shopping: Shopping;
  talk: string;
  shop: string;
  onShop: (shop: string) => void;
  rows: readonly Row[];
  onMore: () => void;
  onLess: (key: string) => void;
  onClose: () => void;
}

/** An order taken by telephone or chat. */
export function PlaceOrder(props: Props) {
  const { customer, shopping, talk, shop, onShop, rows, onMore, onLess, onClose } = props;
  const t = useTexts();
  const view = useView();
  const asking = useAsking(shopping);
  const box = useRef<HTMLFormElement>(null);
  const [shown, setShown] = useState('');
  const { name = '', postcode = '', address = shown } = customer.fields;
  const phone = phoneOf(customer) && spoken(phoneOf(customer));
  useFill(
    box,
    useMemo(() => ({ recipient: name, postcode, address, phone }), [name, postcode, address, phone]),
  );
  const send = ({ text, all }: Told) => {
    const [names, counts, prices] = [all('name'), all('quantity').map(Number), all('price').map(Number)];
    const lines = all('sku').map((sku, at) => ({
      sku,
      name: names[at] ?? '',
      quantity: counts[at] ?? 0,
      price: prices[at] ?? 0,
    }));
    void asking.send(
      { shop, customer: shopping.id, conversation: talk },
      {
        kind: 'place_order',
        lines,
        payment: text('payment'),
        date: text('date'),
        window: windowOf(text('from'), text('until')),
        to: toOf(text),
        note: text('note'),
        channel: talk === '' ? '' : view.threads[talk]?.channel || 'chat',
      },
    );
  };
  return (
    <ShopForm name={t('ask_place_order')} asking={asking} onSend={send} onClose={onClose} box={box}>
      <NativeSelect
        size="xs"
        label={t('shopWhich')}
        data={[...(shopping.shops ?? [])]}
        value={shop}
        onChange={(event) => onShop(event.currentTarget.value)}
      />
      {rows.map((row) => (
        <LineFields key={row.key} row={row} onLess={rows.length > 1 ? () => onLess(row.key) : null} />
      ))}
      <Button size="compact-sm" variant="default" onClick={onMore}>
        {t('lineAdd')}
      </Button>
      <Slot />
      {customer.masked.includes('address') && shown === '' && (
        <ShowAddress id={shopping.id} onShown={setShown} />
      )}
      <ToFields required />
      <NativeSelect
        name="payment"
        size="xs"
        label={t('placePayment')}
        data={PAYMENTS.map((word) => ({ value: word, label: wordText(t, 'payBy', word) }))}
      />
      <Textarea name="note" size="xs" label={t('placeNote')} maxLength={1_000} autosize={false} />
    </ShopForm>
  );
}

function LineFields({ row, onLess }: { row: Row; onLess: (() => void) | null }) {
  const t = useTexts();
  return (
    <fieldset className="shop-line">
      <legend className="hint">{row.name || t('lineOne')}</legend>
      <TextInput
        name="sku"
        size="xs"
        label={t('lineSku')}
        defaultValue={row.sku}
        required
        maxLength={64}
        autoComplete="off"
      />
      <TextInput name="name" size="xs" label={t('lineName')} defaultValue={row.name} maxLength={200} />
      <span className="row">
        <TextInput
          name="quantity"
          type="number"
          size="xs"
          label={t('lineCount')}
          min={1}
          max={1_000}
          defaultValue={1}
          required
        />
        <TextInput
          name="price"
          type="number"
          size="xs"
          label={t('linePrice')}
          min={0}
          defaultValue={0}
          required
        />
      </span>
      {onLess && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t('lineRemoveThis', { what: row.name || row.sku || t('lineOne') })}
          onClick={onLess}
        >
          {t('lineRemove')}
        </Button>
      )}
    </fieldset>
  );
}

/** The customer's own address is hidden: it is shown when asked for, and that is noted. */
function ShowAddress({ id, onShown }: { id: string; onShown: (address: string) => void }) {
  const desk = useDesk();
  const t = useTexts();
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const show = async () => {
    try {
      const address = await desk.book.show(id, 'address');
      if (here.current) onShown(address);
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
  };
  return (
    <p className="hint">
      {t('field_address')} {t('fieldMasked')}{' '}
      <button type="button" className="link" title={t('fieldShowHint')} onClick={() => void show()}>
        {t('fieldShow', { field: t('field_address') })}
      </button>
    </p>
  );
}
