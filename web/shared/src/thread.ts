import type { Command, ConversationEvent, FormPart, Party } from './frames.ts';

/** A message that the center has not shown back yet. */
export interface Pending {
  message: string;
  text: string;
  at: number;
  /** `waiting` for the center's yes, `stored` by a majority, `refused` for good. */
  state: 'waiting' | 'stored' | 'refused';
  /** A note among colleagues, not for the customer. */
  note: boolean;
  /** Its text is a form's. */
  form?: FormPart;
  reason?: string;
}

/** What a page knows of a conversation: its events in order, and what was derived from them. */
export interface Thread {
  conversation: string;
  events: ConversationEvent[];
  pending: Pending[];
  /** Highest numbers that the customer and the agents have had shown and have read. */
  customer: { delivered: number; read: number };
  agent: { delivered: number; read: number };
  customerId: string;
  name: string;
  language: string;
  queue: string;
  /** `voice` for a telephone call; empty for a chat. */
  channel: string;
  /** Who holds it; empty while it waits. */
  assignedTo: string;
  /** Agents who take part without holding it. */
  participants: string[];
  closed: boolean;
  opened: boolean;
  openedAt: number;
  /** Why the customer came and what they answered before it began, by the questions' ids. */
  reason: string;
  answers: Readonly<Record<string, string>>;
  /** The last wrap-up, and the customer's rating (1–5). */
  wrapped: Extract<ConversationEvent, { what: 'wrapped' }> | null;
  rating: number | null;
  /** How the customer wants to be called back while they wait; `null` when they do not. */
  callback: { phone: string; notBefore: number } | null;
  /** The number that they gave for it, also while an agent serves them; empty: none, or cancelled. */
  phone: string;
  /** The colleague who was asked last before handing it over, and by which event. */
  consulted: { agent: string; by: string; number: number } | null;
  /** Number and time of the last event. */
  last: number;
  lastAt: number;
}

export function emptyThread(conversation: string): Thread {
  return {
    conversation,
    events: [],
    pending: [],
    customer: { delivered: 0, read: 0 },
    agent: { delivered: 0, read: 0 },
    customerId: '',
    name: '',
    language: '',
    queue: '',
    channel: '',
    assignedTo: '',
    participants: [],
    closed: false,
    opened: false,
    openedAt: 0,
    reason: '',
    answers: {},
    wrapped: null,
    rating: null,
    callback: null,
    phone: '',
    consulted: null,
    last: 0,
    lastAt: 0,
  };
}

/** Events that no page has a line for. */
const SILENT = new Set(['delivered', 'read', 'hidden']);

/** The thread after one more event. Events come in order and once: the connection sees to that. */
export function withEvent(thread: Thread, event: ConversationEvent): Thread {
  const next: Thread = { ...thread, last: event.number, lastAt: event.at };
  if (!SILENT.has(event.what)) next.events = [...thread.events, event];
  return { ...next, ...changesOf(next, event) };
}

function changesOf(thread: Thread, event: ConversationEvent): Partial<Thread> {
  switch (event.what) {
    case 'opened':
      return {
        opened: true,
        openedAt: event.at,
        customerId: event.customer,
        queue: event.queue,
        name: event.name ?? '',
        language: event.language ?? '',
        channel: event.channel ?? '',
        reason: event.reason ?? '',
        answers: event.answers ?? {},
      };
    case 'note':
      return {
        ...(event.consult === true ? { consulted: consultation(event) } : {}),
        pending: thread.pending.filter((p) => p.message !== event.message),
      };
    case 'message':
    case 'file':
      return { pending: thread.pending.filter((p) => p.message !== event.message) };
    case 'delivered':
    case 'read':
      return receipt(thread, event.by, event.what, event.up_to);
    case 'assigned':
      return {
        assignedTo: event.agent,
        participants: thread.participants.filter((agent) => agent !== event.agent),
        consulted: null,
        closed: false,
      };
    case 'joined':
      return { participants: [...thread.participants.filter((a) => a !== event.agent), event.agent] };
    case 'left':
      return { participants: thread.participants.filter((agent) => agent !== event.agent) };
    case 'wrapped':
      return { wrapped: event };
    case 'rated':
      return { rating: event.score };
    case 'transferred':
      return { assignedTo: '', queue: event.queue, callback: null, consulted: null };
    case 'closed':
      return { closed: true, assignedTo: '', callback: null, consulted: null };
    case 'reopened':
      return { closed: false, assignedTo: '', callback: null };
    case 'callback_asked':
      return {
        phone: event.phone ?? '',
        callback: { phone: event.phone ?? '', notBefore: event.not_before ?? 0 },
      };
    case 'callback_cancelled':
      return { callback: null, phone: '' };
    default:
      return {};
  }
}

function consultation(event: Extract<ConversationEvent, { what: 'note' }>): Thread['consulted'] {
  const agent = event.mentions?.[0];
  return agent === undefined ? null : { agent, by: event.by.id, number: event.number };
}

function receipt(thread: Thread, by: Party, what: 'delivered' | 'read', upTo: number): Partial<Thread> {
  if (by.kind === 'system') return {};
  const marks = { ...thread[by.kind] };
  marks[what] = Math.max(marks[what], upTo);
  return { [by.kind]: marks };
}

/** The thread with a message of ours that is on its way. */
export function withPending(thread: Thread, frame: Command, at: number): Thread {
  if (frame.type !== 'post' && frame.type !== 'note') return thread;
  if (thread.pending.some((p) => p.message === frame.message)) return thread;
  const note = frame.type === 'note';
  const form = frame.type === 'post' && frame.form ? { form: frame.form } : {};
  const pending: Pending = { message: frame.message, text: frame.text, at, state: 'waiting', note, ...form };
  return { ...thread, pending: [...thread.pending, pending] };
}

/** The center answered a message of ours. */
export function withAnswer(thread: Thread, message: string, refused: string | null): Thread {
  const pending = thread.pending.map((p): Pending => {
    if (p.message !== message) return p;
    return refused === null ? { ...p, state: 'stored' } : { ...p, state: 'refused', reason: refused };
  });
  return { ...thread, pending };
}

/** The thread without a message that was refused. */
export function withoutPending(thread: Thread, message: string): Thread {
  return { ...thread, pending: thread.pending.filter((p) => p.message !== message) };
}

const isSaid = (event: ConversationEvent) => event.what === 'message' || event.what === 'file';

/** How many messages and files of `from` have a number above `read`. What the center says by itself counts as the agents'. */
export function unread(thread: Thread, from: 'customer' | 'agent', read: number): number {
  let count = 0;
  for (const event of thread.events)
    if (isSaid(event) && (event.by.kind === 'customer') === (from === 'customer') && event.number > read)
      count += 1;
  return count;
}

type Message = Extract<ConversationEvent, { what: 'message' }>;

/** The answers to the form that was offered by the event `offer`; `null` while there are none. */
export function answerTo(thread: Thread, offer: number): Message | null {
  const answers = (event: ConversationEvent): event is Message & ConversationEvent =>
    event.what === 'message' && event.form?.filled === true && event.form.offer === offer;
  return thread.events.find(answers) ?? null;
}

/** Our answers to an offered form that the center has not shown back yet. */
export const pendingAnswer = (thread: Thread, offer: number): Pending | null =>
  thread.pending.find(({ form }) => form?.filled === true && form.offer === offer) ?? null;

/** What was said last, for a list: a message's text or a file's name; `form` when the text is a form's. */
export function lastSaid(thread: Thread): { text: string; at: number; form?: FormPart } | null {
  for (let i = thread.events.length - 1; i >= 0; i -= 1) {
    const event = thread.events[i];
    if (event?.what === 'message')
      return { text: event.text ?? '', at: event.at, ...(event.form ? { form: event.form } : {}) };
    if (event?.what === 'file') return { text: event.name, at: event.at };
  }
  return null;
}
