import type { ClientFrame, Command, ConversationEvent, ServerFrame } from '../frames.ts';
import { Core } from './core.ts';
import type { Effect, Entry, Input } from './types.ts';

/** A seeded generator (mulberry32): one seed, one run. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Health = 'up' | 'dead' | 'frozen' | 'noQuorum';

interface Socket {
  id: number;
  site: number;
  broken: boolean;
  signedIn: boolean;
  /** FIFO in both directions: a frame never overtakes an earlier one. */
  toSite: number;
  toPage: number;
  watched: Map<string, number>;
  heartbeatAt: number;
}

interface Task {
  at: number;
  order: number;
  run: () => void;
}

const HEARTBEAT = 1_000;
const SITES = ['tokyo', 'osaka', 'nagoya'].map((name) => ({ name, url: `http://${name}` }));

/** Sites that share one journal, a network that loses, and a page that reloads: everything around `Core`. */
export class World {
  now = 0;
  readonly random: () => number;
  /** What the sites stored, per conversation. */
  readonly journal = new Map<string, ConversationEvent[]>();
  /** What the page was shown since its last reload. */
  seen = new Map<string, ConversationEvent[]>();
  readonly disorder: string[] = [];
  readonly health: Health[] = SITES.map(() => 'up');
  /** Faults of the network and the sites; off while the run comes to rest. */
  faults = true;
  core: Core;
  readonly #storage = new Map<string, Entry>();
  readonly #tasks: Task[] = [];
  readonly #sockets = new Map<number, Socket>();
  #order = 0;
  #nextId = 0;
  #pageAge = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.core = this.#newCore();
    this.input({ kind: 'start' });
  }

  #newCore(): Core {
    const outbox = [...this.#storage.values()];
    return new Core({ token: 't', language: 'ja', sites: SITES.slice(0, 1), outbox, random: this.random });
  }

  /** The page is loaded anew: only the storage is left. */
  reload(): void {
    for (const socket of this.#sockets.values()) socket.broken = true;
    this.#sockets.clear();
    this.#pageAge += 1;
    this.core = this.#newCore();
    const conversations = [...this.seen.keys()];
    this.seen = new Map();
    this.input({ kind: 'start' });
    for (const conversation of conversations) this.watch(conversation);
  }

  watch(conversation: string): void {
    this.seen.set(conversation, []);
    this.input({ kind: 'watch', conversation, after: 0 });
  }

  send(frame: Command): void {
    this.input({ kind: 'command', frame });
  }

  id(): string {
    this.#nextId += 1;
    return `id-${this.#nextId}`;
  }

  input(input: Input): void {
    for (const effect of this.core.step(input, this.now)) this.#carryOut(effect);
  }

  /** Something another party says, at a site that the page may not be at. */
  agentSays(conversation: string): void {
    if (this.journal.has(conversation)) this.#store(conversation, this.id(), 'agent', 'hello');
  }

  /** Lets `ms` pass. */
  run(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const task = this.#tasks.reduce<Task | null>(
        (best, t) => (!best || t.at < best.at || (t.at === best.at && t.order < best.order) ? t : best),
        null,
      );
      const deadline = this.core.deadline();
      const next = Math.min(task?.at ?? Number.POSITIVE_INFINITY, Math.max(deadline, this.now));
      if (next > end) break;
      this.now = Math.max(this.now, next);
      if (task && task.at <= this.now) {
        this.#tasks.splice(this.#tasks.indexOf(task), 1);
        task.run();
      } else this.input({ kind: 'timer' });
    }
    this.now = end;
  }

  setHealth(site: number, health: Health): void {
    this.health[site] = health;
    if (health !== 'dead') return;
    for (const socket of this.#sockets.values()) if (socket.site === site) this.#break(socket);
  }

  /** The network drops the link: what is under way is lost. */
  cut(): void {
    for (const socket of this.#sockets.values()) this.#break(socket);
  }

  #break(socket: Socket): void {
    if (socket.broken) return;
    socket.broken = true;
    // A reset is noticed soon; a vanished peer only by silence.
    if (this.random() < 0.7) this.#page(socket, 1, { kind: 'closed', socket: socket.id, code: 1006 });
  }

  #later(at: number, run: () => void): void {
    this.#order += 1;
    this.#tasks.push({ at, order: this.#order, run });
  }

  /** An input for the page as it is now; a reloaded page does not get it. */
  #page(socket: Socket, delay: number, input: Input): void {
    const age = this.#pageAge;
    socket.toPage = Math.max(socket.toPage, this.now + delay);
    this.#later(socket.toPage, () => {
      if (age === this.#pageAge) this.input(input);
    });
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'connect':
        return this.#connect(effect.socket, effect.url);
      case 'transmit':
        return this.#toSite(effect.socket, effect.frame);
      case 'disconnect': {
        const socket = this.#sockets.get(effect.socket);
        if (socket) socket.broken = true;
        return;
      }
      case 'keep':
        this.#storage.set(effect.entry.frame.ref, effect.entry);
        return;
      case 'forget':
        this.#storage.delete(effect.ref);
        return;
      case 'event':
        return this.#show(effect.conversation, effect.event);
      case 'refused':
        this.disorder.push(`refused ${effect.frame.type}: ${effect.reason}`);
        return;
      default:
    }
  }

  #show(conversation: string, event: ConversationEvent): void {
    const seen = this.seen.get(conversation) ?? [];
    if (event.number !== seen.length + 1) this.disorder.push(`saw ${event.number} after ${seen.length}`);
    seen.push(event);
  }

  #latency(): number {
    return 1 + Math.floor(this.random() * 30);
  }

  #connect(id: number, url: string): void {
    const site = SITES.findIndex((s) => s.url === url);
    const socket: Socket = {
      id,
      site,
      broken: false,
      signedIn: false,
      toSite: 0,
      toPage: 0,
      watched: new Map(),
      heartbeatAt: 0,
    };
    this.#sockets.set(id, socket);
    if (this.health[site] === 'dead') {
      socket.broken = true;
      this.#page(socket, this.#latency(), { kind: 'closed', socket: id, code: 1006 });
    } else if (this.health[site] !== 'frozen') {
      this.#page(socket, this.#latency(), { kind: 'opened', socket: id });
    }
  }

  #toSite(id: number, frame: ClientFrame): void {
    const socket = this.#sockets.get(id);
    if (!socket || socket.broken) return;
    socket.toSite = Math.max(socket.toSite, this.now + this.#latency());
    this.#later(socket.toSite, () => {
      if (!socket.broken && this.health[socket.site] !== 'frozen') this.#serve(socket, frame);
    });
  }

  #toPage(socket: Socket, frame: ServerFrame): void {
    if (socket.broken || this.health[socket.site] === 'frozen') return;
    this.#page(socket, this.#latency(), { kind: 'frame', socket: socket.id, frame });
  }

  #serve(socket: Socket, frame: ClientFrame): void {
    switch (frame.type) {
      case 'hello': {
        const site = SITES[socket.site]?.name ?? '';
        const head = { type: 'welcome', protocol: 1, id: 'me', role: 'customer', site } as const;
        socket.signedIn = true;
        this.#toPage(socket, { ...head, sites: SITES, heartbeat_ms: HEARTBEAT });
        return this.#beat(socket);
      }
      case 'open':
      case 'post':
        return this.#execute(socket, frame);
      case 'watch':
        return this.#watch(socket, frame);
      default:
    }
  }

  #beat(socket: Socket): void {
    if (socket.broken) return;
    this.#toPage(socket, { type: 'pong' });
    this.#later(this.now + HEARTBEAT, () => this.#beat(socket));
  }

  #execute(socket: Socket, frame: Extract<ClientFrame, { type: 'open' | 'post' }>): void {
    const { ref, conversation } = frame;
    if (this.health[socket.site] === 'noQuorum' || (this.faults && this.random() < 0.05)) {
      // The outcome may be unknown: sometimes it is stored and still refused.
      if (this.random() < 0.5 && frame.type === 'post' && this.journal.has(conversation))
        this.#store(conversation, frame.message, 'customer', frame.text);
      return this.#toPage(socket, { type: 'error', ref, reason: 'unavailable', retry: true });
    }
    if (frame.type === 'open') {
      if (!this.journal.has(conversation)) this.#open(conversation);
      return this.#toPage(socket, { type: 'done', ref, number: 1 });
    }
    if (!this.journal.has(conversation))
      return this.#toPage(socket, { type: 'error', ref, reason: 'no_such_conversation', retry: false });
    const number = this.#store(conversation, frame.message, 'customer', frame.text);
    if (this.faults && this.random() < 0.03) return;
    this.#toPage(socket, { type: 'done', ref, number });
  }

  #open(conversation: string): void {
    const by = { kind: 'customer', id: 'me' } as const;
    this.journal.set(conversation, []);
    this.#append(conversation, { number: 1, at: this.now, by, what: 'opened', customer: 'me', queue: 'q' });
  }

  /** The same message id is the same message, at every site. */
  #store(conversation: string, id: string, kind: 'customer' | 'agent', text: string): number {
    const events = this.journal.get(conversation) ?? [];
    const known = events.find((e) => e.what === 'message' && e.message === id);
    if (known) return known.number;
    const number = events.length + 1;
    const by = { kind, id: kind === 'customer' ? 'me' : 'agent' };
    this.#append(conversation, { number, at: this.now, by, what: 'message', message: id, text });
    return number;
  }

  #append(conversation: string, event: ConversationEvent): void {
    this.journal.get(conversation)?.push(event);
    for (const socket of this.#sockets.values()) this.#feed(socket, conversation);
  }

  #watch(socket: Socket, frame: Extract<ClientFrame, { type: 'watch' }>): void {
    if (!this.journal.has(frame.conversation))
      return this.#toPage(socket, {
        type: 'error',
        ref: frame.ref,
        reason: 'no_such_conversation',
        retry: false,
      });
    socket.watched.set(frame.conversation, frame.after);
    this.#toPage(socket, { type: 'done', ref: frame.ref });
    this.#feed(socket, frame.conversation);
  }

  /** Sends what the socket does not have, sometimes twice, sometimes with a hole. */
  #feed(socket: Socket, conversation: string): void {
    const after = socket.watched.get(conversation);
    if (after === undefined || socket.broken) return;
    const events = this.journal.get(conversation) ?? [];
    for (const event of events.slice(after)) {
      const luck = this.faults ? this.random() : 1;
      if (luck >= 0.03) this.#toPage(socket, { type: 'event', conversation, event });
      if (luck >= 0.03 && luck < 0.1) this.#toPage(socket, { type: 'event', conversation, event });
    }
    socket.watched.set(conversation, events.length);
  }

  moveAway(): void {
    for (const socket of this.#sockets.values())
      if (!socket.broken && socket.signedIn) this.#toPage(socket, { type: 'move', reason: 'drain' });
  }
}
