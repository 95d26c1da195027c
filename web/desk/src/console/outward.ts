import type { Translate } from '@madoguchi/shared';
import type { Text } from '../texts.ts';

/** What can be told, as the center names it. */
export const KINDS = [
  'customer.created',
  'customer.changed',
  'customer.merged',
  'customer.split',
  'customer.erased',
  'touchpoint.added',
  'order.changed',
  'case.created',
  'case.changed',
  'case.closed',
  'task.created',
  'task.changed',
  'task.done',
  'task.cancelled',
] as const;

export interface Delivery {
  event: string;
  kind: string;
  at: number;
  outcome: string;
  took: number;
}

export interface Webhook {
  webhook: string;
  name: string;
  url: string;
  kinds: string[];
  state: 'active' | 'paused' | 'failed';
  failures: number;
  failing_since: number;
  deliveries: Delivery[];
  site: string;
}

export interface Rules {
  prospect_days: number;
  customer_days: number;
  most_per_run: number;
  version: number;
}

export interface Retention {
  rules: Rules;
  last_run?: { began_at: number; ended_at: number; erased: string[]; failed: number; more: boolean };
}

export interface Preview {
  prospects: number;
  customers: number;
  kept_open: number;
  kept_held: number;
  more: boolean;
  candidates: { customer: string; last_at: number; ordered: boolean }[];
}

export interface Hold {
  customer: string;
  reason: string;
  by: string;
  at: number;
}

/** The text of a kind; what a newer center names is shown as it is. */
export const kindText = (kind: string): Text | undefined =>
  (KINDS as readonly string[]).includes(kind) ? (`kind_${kind.replace('.', '_')}` as Text) : undefined;

const OUTCOMES = ['ok', 'unreachable', 'late', 'refused_address', 'broken_off'] as const;

/** What came of a delivery; what a newer center names is shown as it is. */
export function outcomeText(t: Translate<Text>, outcome: string): string {
  const known = OUTCOMES.find((one) => one === outcome);
  if (known) return t(`outcome_${known}`);
  const [, code] = /^status_(\d{3})$/.exec(outcome) ?? [];
  return code === undefined ? outcome : t('outcome_status', { code });
}
