import { type Call, spoken, type Translate } from '@madoguchi/shared';
import { useSyncExternalStore } from 'react';
import type { Text } from '../texts.ts';
import { useDesk } from '../view/use.ts';
import type { PhoneView } from './phone.ts';

export function usePhone(): PhoneView {
  const { phone } = useDesk();
  return useSyncExternalStore(phone.subscribe, phone.view);
}

/** A number as it is read out, or that it was withheld. */
export const numberText = (t: Translate<Text>, number: string): string =>
  number === '' ? t('callWithheld') : spoken(number);

/** How the other side is called: their name, or their number. */
export const partyText = (t: Translate<Text>, call: Call): string =>
  call.name ? t('honorific', { name: call.name }) : numberText(t, call.number);
