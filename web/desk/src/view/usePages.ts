import { useEffect, useRef, useState } from 'react';

/** A list that comes a page at a time. */
export interface Pages<T> {
  state: 'loading' | 'ready' | 'failed';
  items: readonly T[];
  /** Where the next page begins; empty: that was all. */
  next: string;
}

const NOTHING = { state: 'loading', items: [], next: '' } as const;

/** `page` begins anew when it is another function; `idOf` tells one item from another, for what is in two pages. */
export function usePages<T>(
  page: (after: string) => Promise<{ items: readonly T[]; next: string }>,
  idOf: (item: T) => string,
): [Pages<T>, () => void] {
  const [loaded, setLoaded] = useState<Pages<T>>(NOTHING);
  const current = useRef(0);
  const ask = (before: Pages<T>) => {
    const asked = ++current.current;
    setLoaded({ ...before, state: 'loading' });
    page(before.next).then(
      ({ items, next }) => {
        if (asked !== current.current) return;
        const known = new Set(before.items.map(idOf));
        const fresh = items.filter((one) => !known.has(idOf(one)));
        setLoaded({ state: 'ready', items: [...before.items, ...fresh], next });
      },
      () => {
        if (asked === current.current) setLoaded({ ...before, state: 'failed' });
      },
    );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another list begins anew.
  useEffect(() => {
    ask(NOTHING);
    return () => {
      current.current += 1;
    };
  }, [page]);
  return [loaded, () => ask(loaded)];
}
