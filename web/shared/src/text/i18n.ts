export type Language = 'ja' | 'en';

/** `{name}` in a text stands for a value. */
export type Values = Record<string, string | number>;

export type Translate<K extends string> = (key: K, values?: Values) => string;

export interface Dictionaries<K extends string> {
  ja: Record<K, string>;
  en: Record<K, string>;
}

export function translator<K extends string>(texts: Dictionaries<K>, language: Language): Translate<K> {
  const own = texts[language];
  return (key, values = {}) =>
    own[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** `ja` for Japanese tags, `en` for every other one. */
export function languageOf(tag: string | null | undefined): Language {
  return /^ja\b/i.test(tag ?? '') ? 'ja' : 'en';
}

/** Names of `{placeholders}` in a text, sorted. */
export function placeholders(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();
}
