/** Times of the connection, all in ms. */
export const LIMITS = {
  /** From the attempt to `welcome`; a cut network answers nothing at all. */
  connect: 1_500,
  /** A command without an answer on a living socket: the site behind the door is ill. */
  answer: 6_000,
  /** A link that held so long is forgiven its earlier failures. */
  stable: 2_000,
  /** A site's death parts all of its browsers at one instant: each waits a part of this, so that they don't all knock at once. */
  spread: 600,
  firstWait: 100,
  longestWait: 2_000,
  firstRetry: 200,
  /** A site that asked to `move` is passed over for so long. */
  avoid: 15_000,
  /** `typing` is sent at most so often. */
  typing: 1_000,
  /** A gap is asked for at most so often. */
  gap: 1_000,
  /** The page says something at least so often: the center closes a link that is silent for a minute. */
  ping: 20_000,
  defaultHeartbeat: 1_000,
} as const;

/** So many heartbeats of silence end a link. */
export const SILENT_HEARTBEATS = 2.5;
/** So many refusals with `retry` in a row make the browser try another site. */
export const REFUSALS_BEFORE_MOVE = 3;
/** A watch is asked again so often when the center does not know the conversation yet. */
export const WATCH_RETRIES = 6;

/** After a living link a part of the spread; then 0 until every site was tried, then 100, 200, … 2,000 ms, each shortened by up to half. */
export function waitBefore(wasLive: boolean, tries: number, sites: number, random: () => number): number {
  if (wasLive) return Math.round(LIMITS.spread * random());
  if (tries < sites) return 0;
  const full = Math.min(LIMITS.longestWait, LIMITS.firstWait * 2 ** (tries - sites));
  return Math.round(full * (1 - random() / 2));
}

export function retryWait(refusals: number, random: () => number): number {
  const full = Math.min(LIMITS.longestWait, LIMITS.firstRetry * 2 ** (refusals - 1));
  return Math.round(full * (1 - random() / 2));
}
