import { useTexts } from '../view/use.ts';
import { CHANNELS } from './fieldsOf.ts';

/** The channels to choose from, by their names. */
export function useChannels(): { value: string; label: string }[] {
  const t = useTexts();
  return CHANNELS.map((value) => ({ value, label: t(`channel_${value}`) }));
}
