import { type Translate, translator } from '@madoguchi/shared';
import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import type { Desk } from '../store/desk.ts';
import type { View } from '../store/view.ts';
import { AWAY_REASONS, TEXTS, type Text } from '../texts.ts';

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = useContext(DeskContext);
  if (!desk) throw new Error('the desk is used outside of its context');
  return desk;
}

export function useView(): View {
  const desk = useDesk();
  return useSyncExternalStore(desk.subscribe, desk.view);
}

export function useTexts(): Translate<Text> {
  const { language } = useView().preferences;
  return useMemo(() => translator(TEXTS, language), [language]);
}

/** The time, renewed every `every` ms. */
export function useNow(every = 1_000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** What is called out to the agent for a center's reason. */
export function reasonText(t: Translate<Text>, reason: string): string {
  const key = `reason_${reason}`;
  return key in TEXTS.ja ? t(key as Text) : reason;
}

/** What is called out when something was done. */
export function saidText(t: Translate<Text>, what: string): string {
  const key = `said_${what}`;
  return key in TEXTS.ja ? t(key as Text) : what;
}

/** Reasons for being away: the center's list, or the usual ones of a center that has none. */
export function useReasons(): { id: string; name: string }[] {
  const { office, preferences } = useView();
  const t = useTexts();
  const { list } = office.reasons;
  if (list.length > 0)
    return list.map((reason) => ({
      id: reason.id,
      name: reason[preferences.language] || reason.ja || reason.id,
    }));
  return Object.entries(AWAY_REASONS).map(([id, key]) => ({ id, name: t(key) }));
}
