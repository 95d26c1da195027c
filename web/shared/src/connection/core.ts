import type { ClientFrame, Command, Refused, ServerFrame, Welcome } from '../frames.ts';
import { LIMITS, REFUSALS_BEFORE_MOVE, SILENT_HEARTBEATS, waitBefore } from './limits.ts';
import { Outbox, outlivesReload } from './outbox.ts';
import { Sites } from './sites.ts';
import type { CoreSettings, Effect, Entry, Input, Status } from './types.ts';
import { Watches } from './watches.ts';

type Link = 'idle' | 'waiting' | 'connecting' | 'live' | 'refused' | 'stopped';

const TOKEN_REASONS = new Set(['bad_token', 'token_expired']);
const WRONG_TOKEN = 4401;
const NEVER = Number.POSITIVE_INFINITY;

/**
 * The browser's side of `docs/socket.md` as a state machine: inputs and the time go in, effects come out. It knows no
 * socket, clock or storage, so a test can drive it through every loss.
 */
export class Core {
  readonly #outbox: Outbox;
  readonly #watches = new Watches();
  readonly #sites: Sites;
  readonly #random: () => number;
  readonly #token: string;
  #language: string;
  #link: Link = 'idle';
  #socket = 0;
  #tries = 0;
  #retryAt = NEVER;
  #connectBy = NEVER;
  #heardAt = 0;
  #heartbeat: number = LIMITS.defaultHeartbeat;
  #saidAt = 0;
  #liveSince = 0;
  #lostAt = 0;
  #refusals = 0;
  #self = '';
  #servedBy: string | null = null;
  #movedFrom: string | null = null;
  readonly #viewing = new Set<string>();
  readonly #typedAt = new Map<string, number>();
  #effects: Effect[] = [];

  constructor(settings: CoreSettings) {
    this.#outbox = new Outbox(settings.outbox);
    this.#sites = new Sites(settings.sites);
    this.#random = settings.random;
    this.#token = settings.token;
    this.#language = settings.language;
  }

  /** Takes one input at `now` (ms, never going back) and says what is to be done. */
  step(input: Input, now: number): Effect[] {
    this.#effects = [];
    this.#take(input, now);
    if (this.#link === 'live') this.#pump(now);
    // At any input, not only at the timer's: a hidden tab's timers may rest for a minute, the center's frames come.
    if (this.#link === 'live' && now >= this.#saidAt + LIMITS.ping) this.#transmit({ type: 'ping' });
    if (this.#effects.some((e) => e.kind === 'transmit')) this.#saidAt = now;
    return this.#effects;
  }

  /** When `timer` must come at the latest; `Infinity` when nothing is due. */
  deadline(): number {
    switch (this.#link) {
      case 'waiting':
        return this.#retryAt;
      case 'connecting':
        return this.#connectBy;
      case 'live': {
        const silence = this.#heardAt + this.#silence();
        return Math.min(
          silence,
          this.#saidAt + LIMITS.ping,
          this.#outbox.deadline(),
          this.#watches.deadline(this.#isPending),
        );
      }
      case 'idle':
      case 'refused':
      case 'stopped':
        return NEVER;
    }
  }

  status(): Status {
    const phase = this.#link === 'waiting' || this.#link === 'connecting' ? 'searching' : this.#link;
    return {
      phase,
      site: this.#sites.current,
      sites: this.#sites.list,
      movedFrom: this.#movedFrom,
      liveSince: this.#liveSince,
      lostAt: this.#lostAt,
      waiting: this.#outbox.size,
    };
  }

  /** Commands without an answer, in order. */
  outbox(): Entry[] {
    return this.#outbox.entries();
  }

  #take(input: Input, now: number): void {
    switch (input.kind) {
      case 'start':
        if (this.#link === 'idle') this.#connect(now);
        return;
      case 'opened':
        if (input.socket === this.#socket && this.#link === 'connecting')
          this.#transmit({ type: 'hello', protocol: 1, token: this.#token, language: this.#language });
        return;
      case 'closed':
        if (input.socket === this.#socket) this.#onClosed(input.code, now);
        return;
      case 'frame':
        if (input.socket === this.#socket) this.#onFrame(input.frame, now);
        return;
      case 'timer':
        return this.#onTimer(now);
      case 'wake':
        if (this.#link === 'waiting') this.#connect(now);
        return;
      case 'stop':
        this.#disconnect();
        this.#link = 'stopped';
        this.#say({ kind: 'changed' });
        return;
      default:
        return this.#onWish(input, now);
    }
  }

  /** What the page wants. */
  #onWish(
    input: Extract<
      Input,
      { kind: 'command' | 'watch' | 'unwatch' | 'receipt' | 'typing' | 'viewing' | 'language' }
    >,
    now: number,
  ) {
    switch (input.kind) {
      case 'command':
        return this.#enqueue(input.frame);
      case 'watch':
        return this.#watches.set(input.conversation, input.after);
      case 'unwatch':
        if (this.#watches.delete(input.conversation) && this.#link === 'live')
          this.#transmit({ type: 'unwatch', conversation: input.conversation });
        return;
      case 'receipt':
        if (this.#watches.mark(input.what, input.conversation, input.upTo) && this.#link === 'live')
          this.#transmit({ type: input.what, conversation: input.conversation, up_to: input.upTo });
        return;
      case 'typing': {
        const before = this.#typedAt.get(input.conversation) ?? Number.NEGATIVE_INFINITY;
        if (this.#link !== 'live' || now < before + LIMITS.typing) return;
        this.#typedAt.set(input.conversation, now);
        return this.#transmit({ type: 'typing', conversation: input.conversation });
      }
      case 'viewing':
        return this.#look(input.conversation, input.stop);
      case 'language':
        this.#language = input.language;
    }
  }

  /** What is on the screen is told again after each welcome: the center keeps it only while the link lives. */
  #look(conversation: string, stop: boolean): void {
    if (stop) this.#viewing.delete(conversation);
    else this.#viewing.add(conversation);
    if (this.#link === 'live') this.#transmit({ type: 'viewing', conversation, stop });
  }

  #enqueue(frame: Command): void {
    const { entry, dropped } = this.#outbox.add(frame);
    if (dropped !== null) this.#say({ kind: 'forget', ref: dropped });
    if (outlivesReload(frame)) this.#say({ kind: 'keep', entry });
    this.#say({ kind: 'changed' });
  }

  #onFrame(frame: ServerFrame, now: number): void {
    this.#heardAt = now;
    switch (frame.type) {
      case 'welcome':
        return this.#onWelcome(frame, now);
      case 'done':
        return this.#onDone(frame);
      case 'error':
        return this.#onError(frame, now);
      case 'event':
        if (this.#watches.accept(frame.conversation, frame.event, this.#self, now))
          this.#say({ kind: 'event', conversation: frame.conversation, event: frame.event });
        return;
      case 'typing':
        return this.#say({ kind: 'typing', conversation: frame.conversation, by: frame.by });
      case 'agent': {
        const { type: _, ...state } = frame;
        return this.#say({ kind: 'agent', state });
      }
      case 'notices':
        return this.#say({ kind: 'notices', notices: frame.notices });
      case 'viewers':
        return this.#say({ kind: 'viewers', conversation: frame.conversation, agents: frame.agents });
      case 'place': {
        const { type: _, ...place } = frame;
        return this.#say({ kind: 'place', place });
      }
      case 'call':
        return this.#say({ kind: 'call', call: frame.call });
      case 'move':
        this.#sites.avoidCurrent(now);
        return this.#leave(now);
      case 'pong':
        return;
    }
  }

  #onWelcome(frame: Welcome, now: number): void {
    if (this.#link !== 'connecting') return;
    this.#link = 'live';
    this.#self = frame.id;
    this.#heartbeat = frame.heartbeat_ms > 0 ? frame.heartbeat_ms : LIMITS.defaultHeartbeat;
    this.#connectBy = NEVER;
    this.#liveSince = now;
    this.#lostAt = 0;
    this.#refusals = 0;
    this.#sites.learn(frame.sites, frame.site);
    if (this.#servedBy !== null && this.#servedBy !== frame.site) this.#movedFrom = this.#servedBy;
    else this.#movedFrom = null;
    this.#servedBy = frame.site;
    this.#say({ kind: 'welcome', frame });
    this.#say({ kind: 'changed' });
    for (const receipt of this.#watches.unconfirmed()) this.#transmit(receipt);
    for (const conversation of this.#viewing) this.#transmit({ type: 'viewing', conversation, stop: false });
  }

  #onDone(frame: Extract<ServerFrame, { type: 'done' }>): void {
    this.#refusals = 0;
    if (this.#watches.done(frame.ref)) return;
    const command = this.#outbox.take(frame.ref);
    if (!command) return;
    this.#say({ kind: 'forget', ref: frame.ref });
    this.#say({ kind: 'answered', frame: command, done: frame });
    this.#say({ kind: 'changed' });
  }

  #onError(frame: Refused, now: number): void {
    if (TOKEN_REASONS.has(frame.reason)) return this.#signedOut(frame.reason);
    if (frame.ref === undefined) return;
    const busy = frame.reason === 'too_many_requests';
    const retry = frame.retry === true || busy;
    const conversation = this.#watches.conversationOf(frame.ref);
    const verdict = this.#watches.refused(frame.ref, frame.reason, retry, now, this.#random);
    if (verdict === 'over' && conversation !== null) {
      this.#watches.delete(conversation);
      this.#say({ kind: 'watchRefused', conversation, reason: frame.reason });
    }
    if (verdict === 'unknown') this.#onRefusedCommand(frame.ref, frame, retry, now);
    if (!retry || busy) return;
    // A conversation that no site lets us watch is no reason to leave one site after the other.
    if (conversation !== null && this.#watches.refusalsOf(conversation) > REFUSALS_BEFORE_MOVE) return;
    this.#refusals += 1;
    if (this.#refusals >= REFUSALS_BEFORE_MOVE) this.#leave(now);
  }

  #onRefusedCommand(ref: string, frame: Refused, retry: boolean, now: number): void {
    if (retry) return this.#outbox.postpone(ref, now, this.#random);
    const command = this.#outbox.take(ref);
    if (!command) return;
    this.#say({ kind: 'forget', ref });
    this.#say({ kind: 'refused', frame: command, reason: frame.reason, message: frame.message ?? '' });
    this.#say({ kind: 'changed' });
  }

  #onClosed(code: number, now: number): void {
    if (this.#link === 'refused' || this.#link === 'stopped') return;
    if (code === WRONG_TOKEN) this.#signedOut('bad_token');
    else this.#leave(now);
  }

  #onTimer(now: number): void {
    switch (this.#link) {
      case 'waiting':
        if (now >= this.#retryAt) this.#connect(now);
        return;
      case 'connecting':
        if (now >= this.#connectBy) this.#leave(now);
        return;
      case 'live': {
        const silent = now >= this.#heardAt + this.#silence();
        if (silent || this.#outbox.overdue(now) || this.#watches.overdue(now)) this.#leave(now);
        return;
      }
      case 'idle':
      case 'refused':
      case 'stopped':
    }
  }

  #silence(): number {
    return SILENT_HEARTBEATS * this.#heartbeat;
  }

  #connect(now: number): void {
    this.#socket += 1;
    this.#tries += 1;
    this.#link = 'connecting';
    this.#connectBy = now + LIMITS.connect;
    this.#say({ kind: 'connect', socket: this.#socket, url: this.#sites.current.url });
    this.#say({ kind: 'changed' });
  }

  /** Gives the present site up and turns to the next one. */
  #leave(now: number): void {
    const stable = this.#link === 'live' && now - this.#liveSince >= LIMITS.stable;
    if (this.#link === 'live') this.#lostAt = now;
    if (stable) this.#tries = 0;
    this.#disconnect();
    this.#sites.next(now);
    const wait = waitBefore(stable, this.#tries, this.#sites.list.length, this.#random);
    if (wait === 0) return this.#connect(now);
    this.#link = 'waiting';
    this.#retryAt = now + wait;
    this.#say({ kind: 'changed' });
  }

  #disconnect(): void {
    if (this.#link === 'connecting' || this.#link === 'live')
      this.#say({ kind: 'disconnect', socket: this.#socket });
    this.#socket += 1;
    this.#outbox.rewind();
    this.#watches.rewind();
  }

  #signedOut(reason: string): void {
    this.#disconnect();
    this.#link = 'refused';
    this.#say({ kind: 'signedOut', reason });
    this.#say({ kind: 'changed' });
  }

  #pump(now: number): void {
    for (const frame of this.#outbox.due(this.#socket, now)) this.#transmit(frame);
    for (const question of this.#watches.due(now, this.#isPending))
      this.#transmit({ type: 'watch', ...question });
  }

  readonly #isPending = (conversation: string): boolean =>
    this.#outbox.has((f) => f.type === 'open' && f.conversation === conversation);

  #transmit(frame: ClientFrame): void {
    this.#say({ kind: 'transmit', socket: this.#socket, frame });
  }

  #say(effect: Effect): void {
    this.#effects.push(effect);
  }
}
