import { fold } from '@madoguchi/shared';

export interface Colleague {
  id: string;
  name: string;
}

/** What is written after the last `@` before the caret; `null` when nobody is being named. */
export function mentionQuery(before: string): string | null {
  return /(?:^|[\s、。])[@＠]([^\s@＠]{0,30})$/.exec(before)?.[1] ?? null;
}

export function matching(colleagues: readonly Colleague[], query: string): Colleague[] {
  const wanted = fold(query);
  return colleagues
    .filter((c) => fold(`${c.name.replace(/\s/g, '')} ${c.name} ${c.id}`).includes(wanted))
    .slice(0, 8);
}

/** A name as it stands after `@`: without spaces, so that it is one word. */
export const handle = (colleague: Colleague): string => colleague.name.replace(/\s/g, '') || colleague.id;

/** Ids of those whom a note names. A longer name wins over a shorter one at the same place. */
export function mentioned(text: string, colleagues: readonly Colleague[]): string[] {
  const longest = [...colleagues].sort((a, b) => handle(b).length - handle(a).length);
  const found: string[] = [];
  for (const match of text.matchAll(/[@＠]/g)) {
    const rest = fold(text.slice(match.index + 1));
    const who = longest.find((c) => rest.startsWith(fold(handle(c))));
    if (who && !found.includes(who.id)) found.push(who.id);
  }
  return found;
}
