import type { Language, Site, Theme } from '@madoguchi/shared';

/** What the widget remembers on this device. */
export interface Remembered {
  token: string;
  customer: string;
  conversation: string;
}

const PREFIX = 'madoguchi.widget';
export const OUTBOX = `${PREFIX}.outbox`;

function read<T>(key: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(`${PREFIX}.${key}`) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

function write(key: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(`${PREFIX}.${key}`);
    else localStorage.setItem(`${PREFIX}.${key}`, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the chat works, only a reload forgets it.
  }
}

export const memory = {
  session: () => read<Remembered>('session'),
  keepSession: (session: Remembered | null) => write('session', session),
  sites: () => read<Site[]>('sites') ?? [],
  keepSites: (sites: Site[]) => write('sites', sites),
  draft: () => read<string>('draft') ?? '',
  keepDraft: (text: string) => write('draft', text === '' ? null : text),
  theme: () => read<Theme>('theme'),
  keepTheme: (theme: Theme) => write('theme', theme),
  language: () => read<Language>('language'),
  keepLanguage: (language: Language) => write('language', language),
};
