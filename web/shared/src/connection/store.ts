import type { Command } from '../frames.ts';
import type { Entry } from './types.ts';

/** Where unanswered commands outlive a reload. */
export interface OutboxStore {
  load(): Entry[];
  keep(entry: Entry): void;
  forget(ref: string): void;
  clear(): void;
}

/**
 * Keeps one item per command in `localStorage` or `sessionStorage`, so that two tabs never overwrite each other; a
 * command sent by both is the same command by its ids. A full or forbidden storage costs only the reload safety.
 */
export function outboxStore(storage: Storage, prefix: string): OutboxStore {
  const keyOf = (ref: string) => `${prefix}.${ref}`;
  const keys = () => {
    const found: string[] = [];
    for (let i = 0; i < storage.length; i += 1) {
      const key = storage.key(i);
      if (key?.startsWith(`${prefix}.`)) found.push(key);
    }
    return found;
  };
  return {
    load() {
      return keys()
        .map((key) => parseEntry(storage.getItem(key)))
        .filter((entry) => entry !== null)
        .sort((a, b) => a.order - b.order);
    },
    keep(entry) {
      try {
        storage.setItem(keyOf(entry.frame.ref), JSON.stringify(entry));
      } catch {
        // Quota or privacy mode: the command is still sent by this page.
      }
    },
    forget: (ref) => storage.removeItem(keyOf(ref)),
    clear() {
      for (const key of keys()) storage.removeItem(key);
    },
  };
}

function parseEntry(text: string | null): Entry | null {
  try {
    const value = JSON.parse(text ?? 'null') as { order?: unknown; frame?: { ref?: unknown } } | null;
    if (typeof value?.order !== 'number' || typeof value.frame?.ref !== 'string') return null;
    return { order: value.order, frame: value.frame as Command };
  } catch {
    return null;
  }
}
