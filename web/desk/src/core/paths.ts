/** Reads and changes parts of a record by a path like `title.ja`. */

type Bag = Record<string, unknown>;

export function getAt(value: unknown, path: string): unknown {
  let at: unknown = value;
  for (const key of path.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = (at as Bag)[key];
  }
  return at;
}

/** The record with another value at `path`; `undefined` takes the key away. The record itself stays as it is. */
export function setAt<T extends object>(value: T, path: string, to: unknown): T {
  const [key = '', ...rest] = path.split('.');
  const bag = value as Bag;
  if (rest.length > 0) {
    const inner = typeof bag[key] === 'object' && bag[key] !== null ? bag[key] : {};
    return { ...value, [key]: setAt(inner, rest.join('.'), to) };
  }
  if (to !== undefined) return { ...value, [key]: to };
  const { [key]: _, ...others } = bag;
  return others as T;
}
