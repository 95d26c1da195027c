/** Telephone calls, as `docs/socket.md` tells them. Times in ms since the Unix epoch unless said otherwise. */

export interface Quality {
  loss_permille: number;
  jitter_ms: number;
  rtt_ms: number;
}

/** How a supervisor is with a call: hears all, speaks to the agent alone, speaks to all. */
export type Supervision = 'monitor' | 'whisper' | 'barge';

export interface CallLeg {
  leg: number;
  kind: 'customer' | 'agent' | 'consulted' | 'supervisor' | 'outside';
  /** Account of an agent or supervisor. */
  id?: string;
  /** Of somebody outside. */
  number?: string;
  via: 'phone' | 'browser' | 'trunk';
  /** `lost`: its sound stopped without a word; it may come back. */
  state: 'ringing' | 'connected' | 'held' | 'lost' | 'ended';
  mode?: Supervision;
  quality?: Quality;
}

export interface Call {
  call: string;
  conversation: string;
  direction: 'in' | 'out';
  phase: 'ivr' | 'queued' | 'connecting' | 'talking' | 'ended';
  number: string;
  name?: string;
  /** The number that was called. */
  dialled: string;
  /** The line that it came or went by. */
  route?: string;
  queue?: string;
  site: string;
  /** How many times it changed its gateway. */
  moved: number;
  started: number;
  answered?: number;
  ended?: number;
  end?: 'customer' | 'agent' | 'flow' | 'failed' | 'lost' | 'transferred' | 'abandoned';
  agent: string;
  /** The customer is on hold. */
  held: boolean;
  /** The leg that the agent talks with in private, while the customer hears music. */
  consulting?: number;
  recording: 'on' | 'paused' | 'off';
  legs: CallLeg[];
  /** What the caller told the voice guidance. */
  answers?: Record<string, string>;
}

export type CallDeed =
  | 'hold'
  | 'resume'
  | 'hangup'
  | 'record_pause'
  | 'record_resume'
  | 'digits'
  | 'transfer'
  | 'consult'
  | 'consult_complete'
  | 'consult_cancel'
  | 'conference'
  | 'monitor'
  | 'whisper'
  | 'barge'
  | 'takeover'
  | 'stop_supervising';

/** Where a call goes: one of the three. */
export interface CallTarget {
  agent?: string;
  queue?: string;
  number?: string;
}

/** What is done with a call; the same `id` again does nothing twice. */
export interface CallOrder {
  do: CallDeed;
  id: string;
  digits?: string;
  to?: CallTarget;
  summary?: string;
}
