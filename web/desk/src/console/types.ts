import type { Availability } from '@madoguchi/shared';

export interface Skill {
  name: string;
  level: number;
  preferred?: boolean;
  relax_after_ms?: number;
}

/** When contacts of a queue go elsewhere; one of the three conditions. */
export interface Overflow {
  after_ms?: number;
  longer_than?: number;
  expected_over_ms?: number;
  to_queue: string;
}

/** A queue's rules, as the supervisor writes them. Times in ms. */
export interface QueueRules {
  queue: string;
  name?: string;
  channel?: string;
  skills: Skill[];
  priority: number;
  offer_timeout_ms: number;
  target_ms?: number;
  calendar?: string;
  overflow?: Overflow[];
  max_wait_ms?: number;
  on_limit_queue?: string;
  after_work_ms?: number;
}

/** A queue on the floor: rules and figures. Figures of newer centers may be absent. */
export interface FloorQueue extends QueueRules {
  open?: boolean;
  opens_at?: number;
  waiting: number;
  offered?: number;
  held?: number;
  longest_wait_ms?: number;
  expected_wait_ms?: number;
}

export interface Capacity {
  channel: string;
  limit: number;
  weight: number;
  /** Channels whose contacts in hand do not keep one of this channel out. */
  interrupts?: string[];
}

export interface FloorAgent {
  id: string;
  name: string;
  unit?: string;
  availability: Availability;
  reason: string;
  since: number;
  limit?: number;
  skills: Skill[];
  capacities?: Capacity[];
  reserved_for?: string[];
  holding: readonly unknown[];
  offers: readonly unknown[];
  after_work_until?: number;
}

export interface FloorContact {
  contact: string;
  conversation?: string;
  queue: string;
  channel?: string;
  state: 'waiting' | 'offered' | 'held';
  agent: string;
  enqueued: number;
  priority: number;
  segment?: string;
  reason?: string;
  place?: number;
  expected_wait_ms?: number;
}

export interface Floor {
  owner: string;
  waiting: number;
  offered: number;
  held: number;
  ready: number;
  longest_wait_ms: number;
  queues: FloorQueue[];
  agents: FloorAgent[];
  contacts: FloorContact[];
}

/** The answer to "why is it waiting" and "why this agent". */
export interface Why {
  contact: string;
  now: { ja: string; en: string };
  steps: { at: number; code: string; ja: string; en: string }[];
}

export interface Change {
  change: string | number;
  at: number;
  by: string;
  kind: string;
  what: string;
  before?: unknown;
  after?: unknown;
  undone_by?: string | number;
}
