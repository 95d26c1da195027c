import type { FormValues, Language, Site, Theme } from '@madoguchi/shared';

/** What the widget remembers on this device. */
export interface Remembered {
  token: string;
  customer: string;
  conversation: string;
}

/** What was typed into forms of a conversation, by the number of their offers. */
interface Filling {
  conversation: string;
  forms: Record<string, FormValues>;
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

function filling(conversation: string): Filling {
  const kept = read<Filling>('forms');
  return kept?.conversation === conversation ? kept : { conversation, forms: {} };
}

export const memory = {
  form: (conversation: string, offer: number) => filling(conversation).forms[offer] ?? null,
  keepForm: (conversation: string, offer: number, values: FormValues | null) => {
    const { [offer]: _, ...others } = filling(conversation).forms;
    const forms = values === null ? others : { ...others, [offer]: values };
    write('forms', Object.keys(forms).length === 0 ? null : { conversation, forms });
  },
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
