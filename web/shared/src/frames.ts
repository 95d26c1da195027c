/** The frames of `docs/socket.md`, as TypeScript sees them. */

export type PartyKind = 'customer' | 'agent' | 'system';
export type Role = 'customer' | 'agent' | 'supervisor';
export type Availability = 'ready' | 'away' | 'offline';

export interface Party {
  kind: PartyKind;
  id: string;
}

export interface Site {
  name: string;
  /** Origin, e.g. `https://tokyo.example`, without a slash at its end. */
  url: string;
}

/** What every event has. `number` counts from 1 in its conversation, `at` is in ms since the Unix epoch. */
export interface EventHead {
  number: number;
  at: number;
  by: Party;
}

export type EventBody =
  | { what: 'opened'; customer: string; queue: string; name?: string; language?: string }
  | { what: 'message'; message: string; text?: string; erased?: boolean }
  | { what: 'delivered'; up_to: number }
  | { what: 'read'; up_to: number }
  | { what: 'assigned'; agent: string; contact: string }
  | { what: 'transferred'; queue: string; agent?: string; round: number }
  | { what: 'closed'; reason: string }
  | { what: 'reopened'; round: number };

export type ConversationEvent = EventHead & EventBody;

/** Frames that stay in the outbox until they are answered; sent again with the same ids at another site. */
export type Command =
  | { type: 'open'; ref: string; conversation: string; queue: string; name?: string }
  | { type: 'post'; ref: string; conversation: string; message: string; text: string }
  | { type: 'close'; ref: string; conversation: string }
  | { type: 'transfer'; ref: string; conversation: string; queue?: string; agent?: string }
  | { type: 'accept'; ref: string; contact: string; round: number }
  | { type: 'decline'; ref: string; contact: string; round: number }
  | { type: 'availability'; ref: string; availability: Availability; reason?: string };

export type ClientFrame =
  | Command
  | { type: 'hello'; protocol: 1; token: string; language: string }
  | { type: 'watch'; ref: string; conversation: string; after: number }
  | { type: 'unwatch'; conversation: string }
  | { type: 'delivered'; conversation: string; up_to: number }
  | { type: 'read'; conversation: string; up_to: number }
  | { type: 'typing'; conversation: string }
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
  customer_name?: string;
  preview?: string;
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
