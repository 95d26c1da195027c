/** A text in Japanese and in English. */
export type Pair = readonly [string, string];

/** One language of a table of pairs. */
export function only<K extends string>(table: Record<K, Pair>, which: 0 | 1): Record<K, string> {
  const entries = Object.entries<Pair>(table).map(([key, pair]) => [key, pair[which]]);
  return Object.fromEntries(entries) as Record<K, string>;
}
