/** The frames of `docs/socket.md`, as TypeScript sees them. */

import type { Call } from './voice.ts';

export type PartyKind = 'customer' | 'agent' | 'system';
export type Role = 'customer' | 'agent' | 'supervisor';
/** What an agent may say of themselves; `after_work` comes from the center alone. */
export type Choice = 'ready' | 'away' | 'offline';
export type Availability = Choice | 'after_work';

export interface Party {
  kind: PartyKind;
  id: string;
}

export interface Site {
  name: string;
  /** Origin, e.g. `https://tokyo.example`, without a slash at its end. */
  url: string;
}

/** What makes a message a form; its text is then a JSON object of strings. */
export interface FormPart {
  /** Word of the form: see `forms/`. */
  form: string;
  /** A customer's answers; else an agent offers the form, with what is known already. */
  filled: boolean;
  /** Number of the event that offered what is filled in; 0: nobody did. */
  offer: number;
}

/** What every event has, but for `by` of what is hidden. `number` counts from 1 in its conversation, `at` is in ms since the Unix epoch. */
export interface EventHead {
  number: number;
  at: number;
  by: Party;
}

export type EventBody =
  | {
      what: 'opened';
      customer: string;
      queue: string;
      name?: string;
      language?: string;
      /** `voice` for a telephone call; absent for a chat. */
      channel?: string;
      /** Code of why the customer came, and what they answered before, by the questions' ids. */
      reason?: string;
      answers?: Record<string, string>;
    }
  | { what: 'message'; message: string; text?: string; erased?: boolean; form?: FormPart }
  | { what: 'delivered'; up_to: number }
  | { what: 'read'; up_to: number }
  | { what: 'assigned'; agent: string; contact: string }
  | { what: 'transferred'; queue: string; agent?: string; round: number }
  | { what: 'closed'; reason: string }
  | { what: 'reopened'; round: number }
  | {
      what: 'note';
      message: string;
      text?: string;
      erased?: boolean;
      mentions?: string[];
      whisper?: boolean;
      consult?: boolean;
    }
  | { what: 'wrapped'; code: string; tags?: string[]; summary?: string; follow_up_at?: number }
  | { what: 'joined' | 'left'; agent: string }
  | { what: 'rated'; score: number; comment?: string }
  | {
      what: 'file';
      message: string;
      file: string;
      name: string;
      media_type: string;
      bytes: number;
      erased?: boolean;
    }
  | { what: 'callback_asked'; message: string; phone?: string; not_before?: number; erased?: boolean }
  | { what: 'callback_cancelled' }
  /** Something that is not for this reader: it keeps the numbers without holes. */
  | { what: 'hidden' };

export type ConversationEvent = EventHead & EventBody;

/** Frames that stay in the outbox until they are answered; sent again with the same ids at another site. */
export type Command =
  | {
      type: 'open';
      ref: string;
      conversation: string;
      queue: string;
      name?: string;
      reason?: string;
      answers?: Record<string, string>;
    }
  | { type: 'post'; ref: string; conversation: string; message: string; text: string; form?: FormPart }
  | { type: 'close'; ref: string; conversation: string }
  | { type: 'transfer'; ref: string; conversation: string; queue?: string; agent?: string; summary?: string }
  | {
      type: 'note';
      ref: string;
      conversation: string;
      message: string;
      text: string;
      mentions: string[];
      whisper: boolean;
    }
  | {
      type: 'wrap';
      ref: string;
      conversation: string;
      code: string;
      tags: string[];
      summary: string;
      follow_up_at?: number;
    }
  | { type: 'join' | 'leave' | 'take'; ref: string; conversation: string }
  | { type: 'rate'; ref: string; conversation: string; score: number; comment: string }
  | { type: 'accept'; ref: string; contact: string; round: number }
  | { type: 'decline'; ref: string; contact: string; round: number }
  | { type: 'availability'; ref: string; availability: Choice; reason?: string };

export type ClientFrame =
  | Command
  | { type: 'hello'; protocol: 1; token: string; language: string }
  | { type: 'watch'; ref: string; conversation: string; after: number }
  | { type: 'unwatch'; conversation: string }
  | { type: 'delivered'; conversation: string; up_to: number }
  | { type: 'read'; conversation: string; up_to: number }
  | { type: 'typing'; conversation: string }
  | { type: 'viewing'; conversation: string; stop: boolean }
  | { type: 'ping' };

export interface Offer {
  contact: string;
  conversation: string;
  round: number;
  queue: string;
  /** When it lapses, ms since the Unix epoch. */
  expires: number;
  /** When the customer began to wait, ms since the Unix epoch. */
  enqueued: number;
  /** The customer, by the id that the channel has for them; absent or empty while it is being looked up. */
  customer?: string;
  customer_name?: string;
  preview?: string;
  /** `voice` for a telephone call; absent for a chat. */
  channel?: string;
  /** The customer waits to be called back. */
  callback?: boolean;
}

export interface Holding {
  contact: string;
  conversation: string;
}

export interface AgentState {
  availability: Availability;
  reason: string;
  since: number;
  limit: number;
  holding: Holding[];
  offers: Offer[];
  /** When after-contact work ends by itself, ms since the Unix epoch; only with `after_work`. */
  after_work_until?: number;
}

/** An agent who has a conversation on their screen. */
export interface Viewer {
  id: string;
  name: string;
  typing: boolean;
}

/** What an agent has not read yet: a supervisor's word to many, or a colleague who calls. */
export interface NoticeCard {
  id: string;
  kind: 'broadcast' | 'call' | 'consult';
  ja: string;
  en: string;
  /** What it is about; empty: no conversation. */
  conversation: string;
  /** The account that sent it. */
  by: string;
  at: number;
  /** It goes by itself then, ms since the Unix epoch. */
  expires: number;
}

/** Where a waiting customer stands. */
export interface Place {
  conversation: string;
  /** 1 is next. */
  place: number;
  /** Ms; absent when nothing honest can be said. */
  expected_wait_ms?: number;
  open: boolean;
  /** When it opens next, ms since the Unix epoch; 0 when open or unknown. */
  opens_at?: number;
  /** They are to be called back, at this place. */
  callback?: boolean;
  /** Somebody calls back those who do not want to wait here. */
  can_call_back?: boolean;
}

export interface Welcome {
  type: 'welcome';
  protocol: number;
  id: string;
  role: Role;
  name?: string;
  site: string;
  sites: Site[];
  heartbeat_ms: number;
}

export interface Done {
  type: 'done';
  ref: string;
  number?: number;
  repeated?: boolean;
}

export interface Refused {
  type: 'error';
  ref?: string;
  reason: string;
  message?: string;
  retry?: boolean;
}

export type ServerFrame =
  | Welcome
  | Done
  | Refused
  | { type: 'event'; conversation: string; event: ConversationEvent }
  | { type: 'typing'; conversation: string; by: Party }
  | ({ type: 'agent' } & AgentState)
  | { type: 'viewers'; conversation: string; agents: Viewer[] }
  | { type: 'notices'; notices: NoticeCard[] }
  | ({ type: 'place' } & Place)
  | { type: 'call'; call: Call }
  | { type: 'move'; reason?: string }
  | { type: 'pong' };

/** Reads a text frame; `null` when it is not an object with a `type`. Unknown types come through: newer centers may send more. */
export function parseFrame(text: string): ServerFrame | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    return typeof (value as { type?: unknown }).type === 'string' ? (value as ServerFrame) : null;
  } catch {
    return null;
  }
}
