import type { Command } from '../frames.ts';
import { LIMITS, retryWait } from './limits.ts';
import type { Entry } from './types.ts';

interface Slot extends Entry {
  /** Socket it was sent on; 0: not yet on the present one. */
  sentOn: number;
  sentAt: number;
  refusals: number;
  notBefore: number;
}

/** Commands of one lane are sent one after the other, each after the answer to the one before. */
function laneOf(frame: Command): string {
  switch (frame.type) {
    case 'open':
    case 'post':
    case 'close':
    case 'transfer':
    case 'note':
    case 'wrap':
    case 'join':
    case 'leave':
    case 'take':
    case 'rate':
      return frame.conversation;
    case 'accept':
    case 'decline':
      return frame.contact.replace(/\.\d+$/, '');
    case 'availability':
      return 'availability';
  }
}

/** Whether a command is worth sending after a reload. */
export function outlivesReload(frame: Command): boolean {
  return frame.type !== 'availability' && frame.type !== 'decline';
}

/**
 * Commands that have no answer yet, in the order they were given. One command per conversation is under way at a time,
 * so a refusal that asks for a retry can never put a later message before an earlier one.
 */
export class Outbox {
  #slots: Slot[];
  #nextOrder: number;

  constructor(entries: readonly Entry[]) {
    const sorted = [...entries].sort((a, b) => a.order - b.order);
    this.#slots = sorted.map((e) => ({ ...e, sentOn: 0, sentAt: 0, refusals: 0, notBefore: 0 }));
    this.#nextOrder = (sorted.at(-1)?.order ?? 0) + 1;
  }

  get size(): number {
    return this.#slots.length;
  }

  entries(): Entry[] {
    return this.#slots.map(({ order, frame }) => ({ order, frame }));
  }

  has(predicate: (frame: Command) => boolean): boolean {
    return this.#slots.some((s) => predicate(s.frame));
  }

  /** Adds a command; `dropped` is an older, not yet sent state that the new one replaces. */
  add(frame: Command): { entry: Entry; dropped: string | null } {
    const older = frame.type === 'availability' ? this.#unsent('availability') : undefined;
    if (older) this.take(older.frame.ref);
    const entry = { order: this.#nextOrder++, frame };
    this.#slots.push({ ...entry, sentOn: 0, sentAt: 0, refusals: 0, notBefore: 0 });
    return { entry, dropped: older?.frame.ref ?? null };
  }

  #unsent(lane: string): Slot | undefined {
    return this.#slots.find((s) => s.sentOn === 0 && laneOf(s.frame) === lane);
  }

  /** Removes the answered command. */
  take(ref: string): Command | null {
    const at = this.#slots.findIndex((s) => s.frame.ref === ref);
    return at < 0 ? null : (this.#slots.splice(at, 1)[0]?.frame ?? null);
  }

  find(ref: string): Command | null {
    return this.#slots.find((s) => s.frame.ref === ref)?.frame ?? null;
  }

  /** The command was refused for now; it will be sent again. */
  postpone(ref: string, now: number, random: () => number): void {
    const slot = this.#slots.find((s) => s.frame.ref === ref);
    if (!slot) return;
    slot.sentOn = 0;
    slot.refusals += 1;
    slot.notBefore = now + retryWait(slot.refusals, random);
  }

  /** The socket is gone: everything without an answer is to be sent again. */
  rewind(): void {
    for (const slot of this.#slots) {
      slot.sentOn = 0;
      slot.notBefore = 0;
    }
  }

  /** What may be sent now; marks it as sent. */
  due(socket: number, now: number): Command[] {
    const frames: Command[] = [];
    for (const slot of this.#heads()) {
      if (slot.sentOn !== 0 || slot.notBefore > now) continue;
      slot.sentOn = socket;
      slot.sentAt = now;
      frames.push(slot.frame);
    }
    return frames;
  }

  #heads(): Slot[] {
    const lanes = new Set<string>();
    return this.#slots.filter((slot) => {
      const lane = laneOf(slot.frame);
      if (lanes.has(lane)) return false;
      lanes.add(lane);
      return true;
    });
  }

  /** Whether an answer is overdue. */
  overdue(now: number): boolean {
    return this.#slots.some((s) => s.sentOn !== 0 && now >= s.sentAt + LIMITS.answer);
  }

  /** When to look again, `Infinity` when never. */
  deadline(): number {
    const times = this.#heads().map((s) => (s.sentOn === 0 ? s.notBefore : s.sentAt + LIMITS.answer));
    return Math.min(Number.POSITIVE_INFINITY, ...times);
  }
}
