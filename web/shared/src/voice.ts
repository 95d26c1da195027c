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
  name?: string;
  via: 'phone' | 'browser' | 'trunk';
  state: 'ringing' | 'connected' | 'held' | 'ended';
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
  route?: string;
  site: string;
  /** How many times it changed its gateway. */
  moved: number;
  started: number;
  answered?: number;
  ended?: number;
  agent: string;
  recording: 'on' | 'paused' | 'off';
  legs: CallLeg[];
  /** What the caller told the voice guidance. */
  answers?: Record<string, string>;
  error?: string;
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
