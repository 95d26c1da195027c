import type { Command, ConversationEvent, Party } from './frames.ts';

/** A message that the center has not shown back yet. */
export interface Pending {
  message: string;
  text: string;
  at: number;
  /** `waiting` for the center's yes, `stored` by a majority, `refused` for good. */
  state: 'waiting' | 'stored' | 'refused';
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
  /** Who holds it; empty while it waits. */
  assignedTo: string;
  closed: boolean;
  opened: boolean;
  openedAt: number;
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
    assignedTo: '',
    closed: false,
    opened: false,
    openedAt: 0,
    last: 0,
    lastAt: 0,
  };
}

/** The thread after one more event. Events come in order and once: the connection sees to that. */
export function withEvent(thread: Thread, event: ConversationEvent): Thread {
  const next: Thread = { ...thread, last: event.number, lastAt: event.at };
  if (event.what !== 'delivered' && event.what !== 'read') next.events = [...thread.events, event];
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
      };
    case 'message':
      return { pending: thread.pending.filter((p) => p.message !== event.message) };
    case 'delivered':
    case 'read':
      return receipt(thread, event.by, event.what, event.up_to);
    case 'assigned':
      return { assignedTo: event.agent, closed: false };
    case 'transferred':
      return { assignedTo: '', queue: event.queue };
    case 'closed':
      return { closed: true, assignedTo: '' };
    case 'reopened':
      return { closed: false, assignedTo: '' };
    default:
      return {};
  }
}

function receipt(thread: Thread, by: Party, what: 'delivered' | 'read', upTo: number): Partial<Thread> {
  if (by.kind === 'system') return {};
  const marks = { ...thread[by.kind] };
  marks[what] = Math.max(marks[what], upTo);
  return { [by.kind]: marks };
}

/** The thread with a message of ours that is on its way. */
export function withPending(thread: Thread, frame: Command, at: number): Thread {
  if (frame.type !== 'post' || thread.pending.some((p) => p.message === frame.message)) return thread;
  const pending: Pending = { message: frame.message, text: frame.text, at, state: 'waiting' };
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

/** How many messages of `from` have a number above `read`. */
export function unread(thread: Thread, from: 'customer' | 'agent', read: number): number {
  let count = 0;
  for (const event of thread.events)
    if (event.what === 'message' && event.by.kind === from && event.number > read) count += 1;
  return count;
}

export function lastMessage(thread: Thread): Extract<ConversationEvent, { what: 'message' }> | null {
  for (let i = thread.events.length - 1; i >= 0; i -= 1) {
    const event = thread.events[i];
    if (event?.what === 'message') return event;
  }
  return null;
}
