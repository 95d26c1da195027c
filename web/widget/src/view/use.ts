import { type Translate, translator } from '@madoguchi/shared';
import { useEffect, useState } from 'preact/hooks';
import type { Session, View } from '../session.ts';
import { TEXTS, type Text } from '../texts.ts';

export function useView(session: Session): View {
  const [view, setView] = useState(session.view);
  useEffect(() => session.subscribe(() => setView(session.view)), [session]);
  return view;
}

export function useTexts(view: View): Translate<Text> {
  return translator(TEXTS, view.language);
}

/** The time, renewed every `every` ms while `running`. */
export function useNow(every: number, running: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!running) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every, running]);
  return now;
}
