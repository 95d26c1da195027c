import type {
  Account,
  AgentState,
  Language,
  NoticeCard,
  SendKey,
  Status,
  Summary,
  Thread,
  Upload,
  Viewer,
} from '@madoguchi/shared';
import type { Values } from '../core/canned.ts';
import type { Customers } from '../customer/book.ts';
import type { Returning } from '../forms/core.ts';
import type { Preferences } from './memory.ts';
import { emptyOffice, type OfficeView } from './office.ts';

export interface Notice {
  id: number;
  /** The center's reason. */
  reason: string;
  /** Something was done, rather than refused. */
  good?: boolean;
}

/** The desk and the calls, and for supervisors the floor, all cases, what all customers did and the administration. */
export type Page = 'desk' | 'floor' | 'calls' | 'cases' | 'insight' | 'admin';

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
  page: Page;
  office: OfficeView;
  uploads: readonly Upload[];
  /** Colleagues who have a conversation on their screen. */
  viewers: Readonly<Record<string, readonly Viewer[]>>;
  /** What was not read yet, the newest first. */
  inbox: readonly NoticeCard[];
  /** Ended by this agent and not wrapped up yet. */
  toWrap: string | null;
  /** What is known of the customers of offers and conversations, by the id that was asked for. */
  customers: Customers;
  /** The customer whose record is open above the panes, by any of their records. */
  person: string | null;
  /** A customer's return whose form for the shop is open. */
  returning: Returning | null;
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
    page: 'desk',
    office: emptyOffice,
    uploads: [],
    viewers: {},
    inbox: [],
    toWrap: null,
    customers: {},
    person: null,
    returning: null,
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

/** Whether the signed-in agent holds it: by routing, or by the conversation itself, which may be a moment ahead. */
export function holds(view: View, conversation: string): boolean {
  if (workOf(view).includes(conversation)) return true;
  const thread = view.threads[conversation];
  return (
    thread !== undefined &&
    !thread.closed &&
    thread.assignedTo !== '' &&
    thread.assignedTo === view.account?.id
  );
}

/** Whether the signed-in agent may write to the customer: they hold the conversation or take part in it. */
export function maySay(view: View, thread: Thread): boolean {
  // Nobody would read it at the other end of a telephone.
  if (thread.channel === 'voice') return false;
  const me = view.account?.id ?? '';
  return holds(view, thread.conversation) || (!thread.closed && thread.participants.includes(me));
}

/** Colleagues at the same conversation, without oneself. */
export function othersAt(view: View, conversation: string): readonly Viewer[] {
  return (view.viewers[conversation] ?? []).filter((viewer) => viewer.id !== view.account?.id);
}

/** What `{{…}}` in a text means in this conversation. */
export function valuesOf(view: View, thread: Thread): Values {
  const answers = Object.entries(thread.answers).map(([id, value]) => [`answers.${id}`, value]);
  return {
    ...Object.fromEntries(answers),
    'customer.name': thread.name,
    'customer.id': thread.customerId,
    'agent.name': view.account?.name ?? '',
    queue: queueName(view, thread.queue),
  };
}

export const queueName = (view: View, queue: string): string =>
  view.office.queues.list.find((q) => q.queue === queue)?.name || queue;

export const agentName = (view: View, id: string): string =>
  view.office.agents.list.find((a) => a.id === id)?.name || id;
