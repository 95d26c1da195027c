import type {
  AgentState,
  ClientFrame,
  Command,
  ConversationEvent,
  Done,
  NoticeCard,
  Party,
  Place,
  ServerFrame,
  Site,
  Viewer,
  Welcome,
} from '../frames.ts';
import type { Call } from '../voice.ts';

/** A command that has no answer yet. `order` fixes the order of resending, also after a reload. */
export interface Entry {
  order: number;
  frame: Command;
}

export interface CoreSettings {
  token: string;
  /** BCP 47 tag for the center, `ja` or `en`. */
  language: string;
  /** Where to connect, first one first. At least one. */
  sites: Site[];
  /** What an earlier page left unanswered. */
  outbox: Entry[];
  /** 0 ≤ x < 1, for the jitter of waits. */
  random: () => number;
}

export type Input =
  | { kind: 'start' }
  | { kind: 'opened'; socket: number }
  | { kind: 'closed'; socket: number; code: number }
  | { kind: 'frame'; socket: number; frame: ServerFrame }
  | { kind: 'timer' }
  /** The device is back on a network: try at once. */
  | { kind: 'wake' }
  | { kind: 'command'; frame: Command }
  | { kind: 'watch'; conversation: string; after: number }
  | { kind: 'unwatch'; conversation: string }
  | { kind: 'receipt'; what: 'delivered' | 'read'; conversation: string; upTo: number }
  | { kind: 'typing'; conversation: string }
  | { kind: 'viewing'; conversation: string; stop: boolean }
  | { kind: 'language'; language: string }
  | { kind: 'stop' };

export type Effect =
  | { kind: 'connect'; socket: number; url: string }
  | { kind: 'transmit'; socket: number; frame: ClientFrame }
  | { kind: 'disconnect'; socket: number }
  /** Write the entry where it outlives a reload. */
  | { kind: 'keep'; entry: Entry }
  | { kind: 'forget'; ref: string }
  | { kind: 'welcome'; frame: Welcome }
  | { kind: 'event'; conversation: string; event: ConversationEvent }
  | { kind: 'answered'; frame: Command; done: Done }
  | { kind: 'refused'; frame: Command; reason: string; message: string }
  | { kind: 'watchRefused'; conversation: string; reason: string }
  | { kind: 'typing'; conversation: string; by: Party }
  | { kind: 'agent'; state: AgentState }
  | { kind: 'viewers'; conversation: string; agents: Viewer[] }
  | { kind: 'notices'; notices: NoticeCard[] }
  | { kind: 'place'; place: Place }
  | { kind: 'call'; call: Call }
  /** The token is not accepted any more; the outbox stays. */
  | { kind: 'signedOut'; reason: string }
  /** The status or the outbox changed. */
  | { kind: 'changed' };

export type Phase = 'idle' | 'searching' | 'live' | 'refused' | 'stopped';

export interface Status {
  phase: Phase;
  /** The site that serves, or that is being tried. */
  site: Site;
  sites: Site[];
  /** Name of the site that served before, when the last welcome came from another one. */
  movedFrom: string | null;
  /** When the last welcome came, ms; 0 before the first. */
  liveSince: number;
  /** When the link was lost, ms; 0 while live or before the first welcome. */
  lostAt: number;
  /** Commands without an answer. */
  waiting: number;
}
