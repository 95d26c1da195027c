import type { Call } from '@madoguchi/shared';
import { isMine, isOver, joinsByItself } from './calls.ts';

/** Times in ms. */
export const LIMITS = {
  /** Offer, answer and the first sound of one try. */
  attempt: 10_000,
  /** A link that stutters is given so long before it is made anew. */
  shaky: 2_000,
  /** Waits between tries that the center refused. */
  waits: [250, 500, 1_000, 2_000],
  /** So long a call may be unknown or without an owner: after a site's death its heir needs a moment. */
  unknown: 15_000,
  /** How a call ended stays on the screen. */
  shown: 8_000,
} as const;

export type MicrophoneProblem = 'microphone_refused' | 'microphone_missing' | 'microphone_busy' | 'insecure';
/** Why sound is made anew. */
export type Cause = 'link' | 'gateway' | 'site' | 'wish';

export type Input =
  /** The center told a call's state. */
  | { kind: 'call'; call: Call }
  /** The person wants to be in this call. */
  | { kind: 'want'; call: string }
  | { kind: 'microphone'; problem: MicrophoneProblem | null }
  /** The center refused a try; `final`: asking again is of no use. */
  | { kind: 'refused'; attempt: number; reason: string; final: boolean }
  | { kind: 'link'; attempt: number; state: 'connected' | 'disconnected' | 'failed' }
  /** The desk's socket is served by this site. */
  | { kind: 'site'; name: string }
  /** The device is back on a network. */
  | { kind: 'wake' }
  | { kind: 'timer' }
  | { kind: 'hangUp' }
  /** The person has read how it ended. */
  | { kind: 'dismiss' }
  | { kind: 'stop' };

export type Effect =
  | { kind: 'askMicrophone' }
  /** Connect, and tell every change of the link under this number. Earlier links sound until `keepOnly`. */
  | { kind: 'join'; call: string; attempt: number }
  | { kind: 'keepOnly'; attempt: number }
  | { kind: 'drop'; attempt: number }
  /** Close all links and give the microphone back. */
  | { kind: 'release' }
  | { kind: 'hangUp'; call: string };

export type Phase = 'idle' | 'asking' | 'joining' | 'connected' | 'reconnecting' | 'ended';

export interface Phone {
  phase: Phase;
  /** Empty while idle. */
  call: string;
  /** When the phase began, ms. */
  since: number;
  /** Why sound is made anew; only while reconnecting. */
  cause: Cause;
  /** How it ended: `over`, `hung_up`, a microphone's problem or the center's reason. */
  reason: string;
  tries: number;
  /** When the call last came to another gateway while the person was in it, ms; 0 never. */
  movedAt: number;
}

const NEVER = Number.POSITIVE_INFINITY;
const IDLE: Phone = { phase: 'idle', call: '', since: 0, cause: 'link', reason: '', tries: 0, movedAt: 0 };
/** Refusals that pass: the call's next owner has not taken it yet, or another site knows more. */
const PASSING = new Set(['no_such_call', 'no_owner', 'not_your_call', 'no_telephony']);

/**
 * The desk's telephone as a state machine: inputs and the time go in, effects come out. It knows no browser, so a test
 * can lead it through every loss. One call at a time: others wait until this one is over.
 */
export class PhoneCore {
  readonly #me: string;
  readonly #calls = new Map<string, Call>();
  /** Calls that the person left, or that could not be joined: only `want` joins them again. */
  readonly #left = new Set<string>();
  #phone: Phone = IDLE;
  #attempt = 0;
  #deadline = NEVER;
  /** The link of this attempt is under way or up; otherwise the next try waits for the deadline. */
  #trying = false;
  #site = '';
  #moved: number | null = null;
  /** The center has shown the person as a part of the call. */
  #seen = false;
  #unknownSince = NEVER;
  #effects: Effect[] = [];

  constructor(me: string) {
    this.#me = me;
  }

  step(input: Input, now: number): Effect[] {
    this.#effects = [];
    this.#take(input, now);
    return this.#effects;
  }

  /** When `timer` must come at the latest; `Infinity` when nothing is due. */
  deadline(): number {
    return this.#deadline;
  }

  phone(): Phone {
    return this.#phone;
  }

  #take(input: Input, now: number): void {
    switch (input.kind) {
      case 'call':
        return this.#onCall(input.call, now);
      case 'want':
        this.#left.delete(input.call);
        if (!this.#busy()) return this.#attach(input.call, now);
        if (this.#phone.call === input.call && this.#phone.phase !== 'asking') this.#again('wish', now);
        return;
      case 'microphone':
        return this.#onMicrophone(input.problem, now);
      case 'refused':
        return this.#onRefused(input, now);
      case 'link':
        if (input.attempt === this.#attempt) this.#onLink(input.state, now);
        return;
      case 'site':
        return this.#onSite(input.name, now);
      case 'wake':
        if (this.#busy() && this.#phone.phase !== 'asking' && !this.#trying && this.#deadline !== NEVER)
          this.#again('link', now);
        return;
      case 'timer':
        if (now >= this.#deadline) this.#onDeadline(now);
        return;
      case 'hangUp':
        if (!this.#busy()) return;
        this.#effects.push({ kind: 'hangUp', call: this.#phone.call });
        return this.#end('hung_up', now);
      case 'dismiss':
        if (this.#phone.phase === 'ended') this.#rest();
        return;
      case 'stop':
        this.#calls.clear();
        if (this.#busy()) this.#effects.push({ kind: 'release' });
        this.#rest();
    }
  }

  #busy(): boolean {
    return this.#phone.phase !== 'idle' && this.#phone.phase !== 'ended';
  }

  #onCall(call: Call, now: number): void {
    if (isOver(call)) {
      this.#calls.delete(call.call);
      this.#left.delete(call.call);
    } else this.#calls.set(call.call, call);
    if (this.#busy() && this.#phone.call === call.call) return this.#onOwn(call, now);
    if (!isMine(call, this.#me)) this.#left.delete(call.call);
    // What was in the way of a call that is over needs no putting right any more.
    if (isOver(call) && this.#phone.phase === 'ended' && this.#phone.call === call.call)
      this.#deadline = Math.min(this.#deadline, now + LIMITS.shown);
    this.#takeNext(now);
  }

  #onOwn(call: Call, now: number): void {
    const mine = isMine(call, this.#me);
    if (isOver(call) || (this.#seen && !mine)) return this.#end('over', now);
    this.#seen ||= mine;
    const before = this.#moved;
    this.#moved = call.moved;
    if (before === null || call.moved <= before || this.#phone.phase === 'asking') return;
    this.#phone = { ...this.#phone, movedAt: now };
    this.#again('gateway', now);
  }

  /** Connects to a call that is the person's, when they are free. */
  #takeNext(now: number): void {
    if (this.#busy()) return;
    for (const call of this.#calls.values())
      if (joinsByItself(call, this.#me) && !this.#left.has(call.call)) return this.#attach(call.call, now);
  }

  #attach(id: string, now: number): void {
    const call = this.#calls.get(id);
    this.#moved = call?.moved ?? null;
    this.#seen = call !== undefined && isMine(call, this.#me);
    this.#unknownSince = NEVER;
    this.#deadline = NEVER;
    this.#phone = { ...IDLE, phase: 'asking', call: id, since: now };
    this.#effects.push({ kind: 'askMicrophone' });
  }

  #onMicrophone(problem: MicrophoneProblem | null, now: number): void {
    if (this.#phone.phase !== 'asking') return;
    if (problem !== null) return this.#end(problem, now);
    this.#phone = { ...this.#phone, phase: 'joining', since: now };
    this.#try(now);
  }

  #try(now: number): void {
    this.#attempt += 1;
    this.#trying = true;
    this.#deadline = now + LIMITS.attempt;
    this.#effects.push({ kind: 'join', call: this.#phone.call, attempt: this.#attempt });
  }

  /** Makes the sound anew at once. */
  #again(cause: Cause, now: number): void {
    const heard = this.#phone.phase === 'connected' || this.#phone.phase === 'reconnecting';
    const since = this.#phone.phase === 'connected' ? now : this.#phone.since;
    if (heard) this.#phone = { ...this.#phone, phase: 'reconnecting', cause, since, tries: 0 };
    this.#try(now);
  }

  #onLink(state: 'connected' | 'disconnected' | 'failed', now: number): void {
    const { phase } = this.#phone;
    if (state === 'connected') {
      if (phase === 'connected') this.#deadline = NEVER;
      if (!this.#trying) return;
      this.#trying = false;
      this.#unknownSince = NEVER;
      this.#deadline = NEVER;
      this.#phone = { ...this.#phone, phase: 'connected', since: now, tries: 0 };
      this.#effects.push({ kind: 'keepOnly', attempt: this.#attempt });
    } else if (phase === 'connected' && state === 'disconnected')
      this.#deadline = Math.min(this.#deadline, now + LIMITS.shaky);
    else if (phase === 'connected') this.#again('link', now);
    else if (state === 'failed' && this.#trying) this.#wait(now);
  }

  #onRefused({ attempt, reason, final }: Extract<Input, { kind: 'refused' }>, now: number): void {
    if (attempt !== this.#attempt || !this.#trying || !this.#busy()) return;
    const passing = PASSING.has(reason);
    if (passing) this.#unknownSince = Math.min(this.#unknownSince, now);
    else this.#unknownSince = NEVER;
    if (passing ? now - this.#unknownSince >= LIMITS.unknown : final) return this.#end(reason, now);
    this.#wait(now);
  }

  /** This try came to nothing; the next one waits a little longer than the one before. */
  #wait(now: number): void {
    this.#effects.push({ kind: 'drop', attempt: this.#attempt });
    this.#trying = false;
    const { tries } = this.#phone;
    this.#deadline = now + (LIMITS.waits[Math.min(tries, LIMITS.waits.length - 1)] ?? 0);
    this.#phone = { ...this.#phone, tries: tries + 1 };
  }

  #onSite(name: string, now: number): void {
    const before = this.#site;
    this.#site = name;
    if (before === '' || before === name || !this.#busy() || this.#phone.phase === 'asking') return;
    this.#again('site', now);
  }

  #onDeadline(now: number): void {
    switch (this.#phone.phase) {
      case 'joining':
      case 'reconnecting':
        return this.#trying ? this.#wait(now) : this.#try(now);
      case 'connected':
        return this.#again('link', now);
      case 'ended':
        return this.#rest();
      case 'idle':
      case 'asking':
        this.#deadline = NEVER;
    }
  }

  #end(reason: string, now: number): void {
    if (reason !== 'over') this.#left.add(this.#phone.call);
    this.#effects.push({ kind: 'release' });
    this.#attempt += 1;
    this.#trying = false;
    this.#phone = { ...this.#phone, phase: 'ended', since: now, reason };
    // What the person can put right stays until they did or the call is over.
    this.#deadline = reason === 'over' || reason === 'hung_up' ? now + LIMITS.shown : NEVER;
    if (reason === 'over' || reason === 'hung_up') this.#takeNext(now);
  }

  #rest(): void {
    this.#attempt += 1;
    this.#trying = false;
    this.#deadline = NEVER;
    this.#phone = IDLE;
  }
}
