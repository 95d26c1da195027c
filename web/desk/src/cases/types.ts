/** Cases and tasks as the center tells of them: see `Case` and its neighbours in docs/openapi.json. Times in ms since the Unix epoch, 0: never. */

export interface Case {
  case: string;
  record: string;
  kind: string;
  department: string;
  /** Empty: nobody. */
  owner: string;
  /** 1 to 9. */
  priority: number;
  title: string;
  phase: 'open' | 'waiting' | 'solved';
  waits_for: string;
  waits_until: number;
  opened_at: number;
  /** 0: somebody answered. */
  first_due: number;
  due: number;
  late: ('first' | 'solve')[];
  code: string;
  conversations: string[];
  last_at: number;
}

export interface CaseEntry {
  at: number;
  /** Empty: the center itself. */
  by: string;
  what: string;
  word: string;
  text: string;
}

export interface Task {
  task: string;
  record: string;
  kind: string;
  case: string;
  queue: string;
  at: number;
  text: string;
  plan: string;
  phase: 'planned' | 'due' | 'done' | 'cancelled';
  outcome: string;
  last_at: number;
}

export const CASE_KINDS = ['how_to', 'damage', 'return', 'complaint', 'pre_purchase', 'documents'] as const;
export const DEPARTMENTS = ['support', 'sales', 'maintenance', 'quality'] as const;
export const TASK_KINDS = ['follow_up', 'documents', 'data_entry', 'outreach', 'reminder'] as const;
export const WAITS = ['customer', 'shop', 'supplier'] as const;
export const CODES = ['answered', 'replaced', 'refunded', 'repaired', 'withdrawn'] as const;

/** By when something is to be done, and whether that is past. */
export function dueOf(one: Case, now: number): { at: number; late: boolean } | null {
  if (one.phase === 'solved') return null;
  if (one.phase === 'waiting') return one.waits_until > 0 ? { at: one.waits_until, late: false } : null;
  const at = one.first_due > 0 ? Math.min(one.first_due, one.due) : one.due;
  return { at, late: at <= now };
}

/** What a person wrote into a time field, ms since the Unix epoch; 0: nothing. */
export function timeOf(text: string): number {
  const at = new Date(text).getTime();
  return Number.isFinite(at) ? at : 0;
}
