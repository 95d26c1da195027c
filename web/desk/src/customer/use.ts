import { ApiError, SameId, spoken, type Translate } from '@madoguchi/shared';
import { useEffect, useRef } from 'react';
import { TEXTS, type Text } from '../texts.ts';
import { useDesk, useView } from '../view/use.ts';
import type { Customer, Identity, Pop } from './types.ts';

const LOADING: Pop = { state: 'loading', known: null };

/** What is known of a customer; asked for when it was not yet. */
export function useCustomer(id: string): Pop {
  const desk = useDesk();
  const { customers } = useView();
  useEffect(() => desk.book.look(id), [desk, id]);
  return customers[id] ?? LOADING;
}

/** A word of the center's where the desk has a text for it, else the word itself. */
export function wordText(t: Translate<Text>, prefix: string, word: string): string {
  const key = `${prefix}_${word}`;
  return key in TEXTS.ja ? t(key as Text) : word;
}

export const reasonOf = (error: unknown): string => (error instanceof ApiError ? error.reason : 'internal');

/** How a customer is called: their name, else the first contact, else that there is no name. */
export function nameText(t: Translate<Text>, customer: Customer): string {
  const { name, kana } = customer.fields;
  const called = name || kana;
  if (called) return t('honorific', { name: called });
  const contact = customer.identities.find((one) => one.kind !== 'center');
  return contact ? valueText(contact) : t('anonymous');
}

export const valueText = ({ kind, value }: Pick<Identity, 'kind' | 'value'>): string =>
  kind === 'phone' ? spoken(value) : value;

/** The telephone number that a customer is known by; empty: none. */
export const phoneOf = (customer: Customer | undefined): string =>
  customer?.identities.find((one) => one.kind === 'phone')?.value ?? '';

/** The id under which the same content is sent until it was answered. */
export function useSameId(): SameId {
  const ids = useRef<SameId | null>(null);
  ids.current ??= new SameId();
  return ids.current;
}
