import type { Quality } from '@madoguchi/shared';

/** How good a link is to talk over. */
export type Grade = 'good' | 'fair' | 'poor';

/** From these on a link is no longer good, and poor: a voice breaks up, or answers come late. */
const FAIR: Quality = { loss_permille: 20, jitter_ms: 30, rtt_ms: 250 };
const POOR: Quality = { loss_permille: 80, jitter_ms: 70, rtt_ms: 500 };

const over = (quality: Quality, limit: Quality) =>
  quality.loss_permille >= limit.loss_permille ||
  quality.jitter_ms >= limit.jitter_ms ||
  quality.rtt_ms >= limit.rtt_ms;

export function gradeOf(quality: Quality): Grade {
  if (over(quality, POOR)) return 'poor';
  return over(quality, FAIR) ? 'fair' : 'good';
}

/** The worse of what this device and the center measured. */
export function worse(a: Quality | undefined, b: Quality | undefined): Quality | null {
  if (!a || !b) return a ?? b ?? null;
  return {
    loss_permille: Math.max(a.loss_permille, b.loss_permille),
    jitter_ms: Math.max(a.jitter_ms, b.jitter_ms),
    rtt_ms: Math.max(a.rtt_ms, b.rtt_ms),
  };
}

/** What a browser counts of a link since it began. */
export interface Counts {
  received: number;
  lost: number;
  jitter_ms: number;
  rtt_ms: number;
}

/** The quality between two looks at the counts. */
export function between(before: Counts | null, now: Counts): Quality {
  const received = Math.max(0, now.received - (before?.received ?? 0));
  const lost = Math.max(0, now.lost - (before?.lost ?? 0));
  const all = received + lost;
  const loss_permille = all === 0 ? 0 : Math.round((lost * 1_000) / all);
  return { loss_permille, jitter_ms: Math.round(now.jitter_ms), rtt_ms: Math.round(now.rtt_ms) };
}
