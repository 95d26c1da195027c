import type { Account, Language, SendKey, Site } from '@madoguchi/shared';
import type { Bindings } from '../core/keys.ts';

export interface SignedInAs {
  token: string;
  account: Account;
}

export interface Preferences {
  language: Language;
  /** `null`: by language, Ctrl+Enter in Japanese and Enter in English. */
  sendKey: SendKey | null;
  density: 'normal' | 'compact';
  sound: boolean;
  /** Keys that the person chose instead of the usual ones. */
  keys: Bindings;
}

export const freshPreferences = (language: Language): Preferences => ({
  language,
  sendKey: null,
  density: 'normal',
  sound: true,
  keys: {},
});

/** What is being written: to the customer, or among colleagues. */
export type DraftKind = 'reply' | 'note';

const PREFIX = 'madoguchi.desk';

function read<T>(storage: Storage, key: string): T | null {
  try {
    return JSON.parse(storage.getItem(`${PREFIX}.${key}`) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

function write(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === null || value === '') storage.removeItem(`${PREFIX}.${key}`);
    else storage.setItem(`${PREFIX}.${key}`, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: only a reload forgets.
  }
}

/** What the desk keeps on this device. Sign-in belongs to the tab, drafts and choices to the browser. */
export const memory = {
  outboxOf: (account: string) => `${PREFIX}.outbox.${account}`,
  signIn: () => read<SignedInAs>(sessionStorage, 'signIn'),
  keepSignIn: (value: SignedInAs | null) => write(sessionStorage, 'signIn', value),
  wantsReady: () => read<boolean>(sessionStorage, 'wantsReady') === true,
  keepWantsReady: (value: boolean) => write(sessionStorage, 'wantsReady', value),
  selected: () => read<string>(sessionStorage, 'selected'),
  keepSelected: (value: string | null) => write(sessionStorage, 'selected', value),
  sites: () => read<Site[]>(localStorage, 'sites') ?? [],
  keepSites: (sites: Site[]) => write(localStorage, 'sites', sites),
  preferences: () => read<Partial<Preferences>>(localStorage, 'preferences'),
  keepPreferences: (value: Preferences) => write(localStorage, 'preferences', value),
  draft: (account: string, conversation: string, kind: DraftKind = 'reply') =>
    read<string>(localStorage, draftKey(account, conversation, kind)) ?? '',
  keepDraft: (account: string, conversation: string, text: string, kind: DraftKind = 'reply') =>
    write(localStorage, draftKey(account, conversation, kind), text),
  tags: (conversation: string) => read<string[]>(sessionStorage, `tags.${conversation}`) ?? [],
  keepTags: (conversation: string, tags: string[]) =>
    write(sessionStorage, `tags.${conversation}`, tags.length === 0 ? null : tags),
};

const draftKey = (account: string, conversation: string, kind: DraftKind) =>
  `${kind === 'note' ? 'note' : 'draft'}.${account}.${conversation}`;
