import { fold, type Language, words } from '@madoguchi/shared';

/** A ready-made reply, as `GET /api/v1/canned` gives it. */
export interface Canned {
  id: string;
  shortcut: string;
  title: { ja: string; en?: string };
  text: string;
  tags: string[];
  /** Empty: for every language. */
  language: string;
}

/** What stands in `{{…}}`: `customer.name`, `agent.name` and so on. An empty value counts as undefined. */
export type Values = Readonly<Record<string, string>>;

const VARIABLE = /\{\{\s*([\w.]+)\s*\}\}/g;
/** A list longer than this helps nobody. */
const LONGEST_LIST = 25;

export const titleOf = (canned: Canned, language: Language): string =>
  (language === 'en' ? canned.title.en || canned.title.ja : canned.title.ja || canned.title.en) ||
  canned.shortcut;

/** The text with the variables that have a value; the others stay as they are. */
export function fill(text: string, values: Values): string {
  return text.replace(VARIABLE, (whole, name: string) => values[name] || whole);
}

/** A part of a text; `variable` when it is a `{{…}}` without a value. */
export interface Part {
  text: string;
  variable: boolean;
}

/** The text cut at its variables, so that a page can show those that are still open. */
export function parts(text: string): Part[] {
  const found: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), variable: false });
    found.push({ text: match[0], variable: true });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ text: text.slice(end), variable: false });
  return found;
}

/** Variables of a text that nobody filled, each once. */
export function openVariables(text: string): string[] {
  return [...new Set(parts(text).flatMap((p) => (p.variable ? [p.text] : [])))];
}

/** How well one word fits; 0 when it does not. */
function fit(word: string, canned: Canned): number {
  const shortcut = fold(canned.shortcut);
  const title = fold(`${canned.title.ja} ${canned.title.en ?? ''}`);
  if (shortcut === word) return 100;
  if (shortcut.startsWith(word)) return 80;
  if (title.startsWith(word)) return 60;
  if (shortcut.includes(word)) return 50;
  if (title.includes(word)) return 40;
  if (canned.tags.some((tag) => fold(tag).includes(word))) return 30;
  return fold(canned.text).includes(word) ? 20 : 0;
}

/** Replies that fit every word, best first: shortcut before title before tags before text; own language first. */
export function rank(list: readonly Canned[], query: string, language: Language): Canned[] {
  const wanted = words(query);
  const scored = list.map((canned, at) => {
    const fits = wanted.map((word) => fit(word, canned));
    const own = canned.language === '' || canned.language === language ? 5 : 0;
    const score = fits.some((f) => f === 0) ? 0 : fits.reduce((sum, f) => sum + f, 0) + own + 1;
    return { canned, at, score };
  });
  return scored
    .filter((s) => s.score > 0)
    .sort((a, b) => b.score - a.score || a.at - b.at)
    .slice(0, LONGEST_LIST)
    .map((s) => s.canned);
}

/** How many characters before the caret ask for a reply: `/` at a line's start, `::` anywhere. 0: none. */
export function asksForCanned(before: string): number {
  if (/(^|\n)[/／]$/.test(before)) return 1;
  return /(::|：：)$/.test(before) ? 2 : 0;
}
