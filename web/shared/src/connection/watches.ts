import type { ConversationEvent } from '../frames.ts';
import { LIMITS, retryWait, WATCH_RETRIES } from './limits.ts';

interface Watch {
  conversation: string;
  /** Number of the last event handed on. */
  last: number;
  /** Ref of the question under way. */
  ref: string | null;
  askedAt: number;
  /** Since the watch last held, at all sites together. */
  refusals: number;
  /** When to ask again; `Infinity`: no need. */
  retryAt: number;
  delivered: { wanted: number; stored: number };
  read: { wanted: number; stored: number };
}

export interface Question {
  ref: string;
  conversation: string;
  after: number;
}

export interface Receipt {
  type: 'delivered' | 'read';
  conversation: string;
  up_to: number;
}

/** What a refused watch leads to. */
export type Verdict = 'retry' | 'over' | 'unknown';

const NEVER = Number.POSITIVE_INFINITY;
/** The site's view may be a moment behind the command that made the conversation ours. */
const EARLY = new Set(['no_such_conversation', 'not_your_conversation']);

/** The conversations looked at: the last number seen of each, and the receipts that the center has not stored yet. */
export class Watches {
  readonly #watches = new Map<string, Watch>();
  #nextRef = 1;

  set(conversation: string, after: number): void {
    const known = this.#watches.get(conversation);
    const none = { wanted: 0, stored: 0 };
    this.#watches.set(conversation, {
      conversation,
      last: after,
      ref: null,
      askedAt: 0,
      refusals: 0,
      retryAt: 0,
      delivered: known?.delivered ?? { ...none },
      read: known?.read ?? { ...none },
    });
  }

  delete(conversation: string): boolean {
    return this.#watches.delete(conversation);
  }

  /** The socket is gone: everything must be asked again. */
  rewind(): void {
    for (const watch of this.#watches.values()) {
      watch.ref = null;
      watch.retryAt = 0;
    }
  }

  /** Questions to ask now, except for conversations that `isPending` says the center does not know yet. */
  due(now: number, isPending: (conversation: string) => boolean): Question[] {
    const questions: Question[] = [];
    for (const watch of this.#watches.values()) {
      if (watch.ref !== null || watch.retryAt > now || isPending(watch.conversation)) continue;
      questions.push(this.#ask(watch, now));
    }
    return questions;
  }

  #ask(watch: Watch, now: number): Question {
    watch.ref = `w${this.#nextRef++}`;
    watch.askedAt = now;
    watch.retryAt = NEVER;
    return { ref: watch.ref, conversation: watch.conversation, after: watch.last };
  }

  done(ref: string): boolean {
    const watch = this.#byRef(ref);
    if (!watch) return false;
    watch.ref = null;
    watch.refusals = 0;
    return true;
  }

  refused(ref: string, reason: string, retry: boolean, now: number, random: () => number): Verdict {
    const watch = this.#byRef(ref);
    if (!watch) return 'unknown';
    watch.ref = null;
    watch.refusals += 1;
    if (!retry && !(EARLY.has(reason) && watch.refusals <= WATCH_RETRIES)) return 'over';
    watch.retryAt = now + retryWait(watch.refusals, random);
    return 'retry';
  }

  conversationOf(ref: string): string | null {
    return this.#byRef(ref)?.conversation ?? null;
  }

  /** How often the watch was refused since it last held, at all sites together. */
  refusalsOf(conversation: string): number {
    return this.#watches.get(conversation)?.refusals ?? 0;
  }

  #byRef(ref: string): Watch | undefined {
    for (const watch of this.#watches.values()) if (watch.ref === ref) return watch;
    return undefined;
  }

  /** True when the event is the next one. A hole is asked for again, a repetition is dropped. */
  accept(conversation: string, event: ConversationEvent, own: string, now: number): boolean {
    const watch = this.#watches.get(conversation);
    if (!watch || event.number <= watch.last) return false;
    if (event.number > watch.last + 1) {
      watch.retryAt = Math.max(now, watch.askedAt + LIMITS.gap);
      return false;
    }
    watch.last = event.number;
    // What is hidden names nobody.
    if ((event.what === 'delivered' || event.what === 'read') && event.by.id === own) {
      const mark = watch[event.what];
      mark.stored = Math.max(mark.stored, event.up_to);
    }
    return true;
  }

  /** Notes a receipt; `true` when it says more than before and is to be sent. */
  mark(what: 'delivered' | 'read', conversation: string, upTo: number): boolean {
    const mark = this.#watches.get(conversation)?.[what];
    if (!mark || upTo <= mark.wanted) return false;
    mark.wanted = upTo;
    return upTo > mark.stored;
  }

  /** Receipts that no event has confirmed; sent again after a move. */
  unconfirmed(): Receipt[] {
    const receipts: Receipt[] = [];
    for (const { conversation, delivered, read } of this.#watches.values()) {
      if (delivered.wanted > delivered.stored)
        receipts.push({ type: 'delivered', conversation, up_to: delivered.wanted });
      if (read.wanted > read.stored) receipts.push({ type: 'read', conversation, up_to: read.wanted });
    }
    return receipts;
  }

  overdue(now: number): boolean {
    for (const watch of this.#watches.values())
      if (watch.ref !== null && now >= watch.askedAt + LIMITS.answer) return true;
    return false;
  }

  deadline(isPending: (conversation: string) => boolean): number {
    let at = NEVER;
    for (const watch of this.#watches.values()) {
      if (watch.ref !== null) at = Math.min(at, watch.askedAt + LIMITS.answer);
      else if (!isPending(watch.conversation)) at = Math.min(at, watch.retryAt);
    }
    return at;
  }
}
