import type { Account, AgentState, Language, SendKey, Status, Summary, Thread } from '@madoguchi/shared';
import type { Preferences } from './memory.ts';

export interface Notice {
  id: number;
  /** The center's reason. */
  reason: string;
}

/** Everything that the desk's pictures are drawn from; replaced as a whole at each change. */
export interface View {
  account: Account | null;
  signingIn: boolean;
  /** Why the sign-in page is shown again, or why signing in failed. */
  signInProblem: string | null;
  status: Status | null;
  agent: AgentState | null;
  threads: Readonly<Record<string, Thread>>;
  selected: string | null;
  /** Conversations whose customer is typing. */
  typing: ReadonlySet<string>;
  recent: readonly Summary[];
  preferences: Preferences;
  notices: readonly Notice[];
}

export function emptyView(preferences: Preferences): View {
  return {
    account: null,
    signingIn: false,
    signInProblem: null,
    status: null,
    agent: null,
    threads: {},
    selected: null,
    typing: new Set(),
    recent: [],
    preferences,
    notices: [],
  };
}

export function sendKeyOf({ language, sendKey }: Preferences): SendKey {
  return sendKey ?? (language === 'ja' ? 'ctrlEnter' : 'enter');
}

/** Conversations held now, as the list shows them. */
export function workOf(view: View): string[] {
  return view.agent?.holding.map((h) => h.conversation) ?? [];
}

/** How many contacts count against the limit: held and offered ones. */
export function usedCapacity(agent: AgentState): number {
  return agent.holding.length + agent.offers.length;
}

/** The conversation `step` places after the selected one, going round. */
export function neighbour(work: readonly string[], selected: string | null, step: 1 | -1): string | null {
  if (work.length === 0) return null;
  const at = selected === null ? -1 : work.indexOf(selected);
  if (at < 0) return work[step === 1 ? 0 : work.length - 1] ?? null;
  return work[(at + step + work.length) % work.length] ?? null;
}

export function languageName(language: string): Language | null {
  if (/^ja/i.test(language)) return 'ja';
  return /^en/i.test(language) ? 'en' : null;
}
