import type { ClientFrame, Command, Site } from '../frames.ts';
import { parseFrame } from '../frames.ts';
import { Core } from './core.ts';
import type { OutboxStore } from './store.ts';
import type { Effect, Entry, Input, Status } from './types.ts';

export interface ConnectionSettings {
  token: string;
  language: string;
  sites: Site[];
  store: OutboxStore;
  /** Gets every effect that is not the connection's own business. */
  onEffect: (effect: Effect) => void;
}

/** `Core` with a real WebSocket, a real clock and a real storage. */
export class Connection {
  readonly #core: Core;
  readonly #settings: ConnectionSettings;
  #socket: WebSocket | null = null;
  #socketId = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #wake = () => this.#step({ kind: 'wake' });

  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#core = new Core({
      token: settings.token,
      language: settings.language,
      sites: settings.sites,
      outbox: settings.store.load(),
      random: Math.random,
    });
  }

  start(): void {
    globalThis.addEventListener('online', this.#wake);
    this.#step({ kind: 'start' });
  }

  stop(): void {
    globalThis.removeEventListener('online', this.#wake);
    this.#step({ kind: 'stop' });
  }

  status(): Status {
    return this.#core.status();
  }

  outbox(): Entry[] {
    return this.#core.outbox();
  }

  send(frame: Command): void {
    this.#step({ kind: 'command', frame });
  }

  watch(conversation: string, after: number): void {
    this.#step({ kind: 'watch', conversation, after });
  }

  unwatch(conversation: string): void {
    this.#step({ kind: 'unwatch', conversation });
  }

  receipt(what: 'delivered' | 'read', conversation: string, upTo: number): void {
    this.#step({ kind: 'receipt', what, conversation, upTo });
  }

  /** Tells colleagues that this conversation is on the screen, or no longer. */
  viewing(conversation: string, stop: boolean): void {
    this.#step({ kind: 'viewing', conversation, stop });
  }

  typing(conversation: string): void {
    this.#step({ kind: 'typing', conversation });
  }

  language(language: string): void {
    this.#step({ kind: 'language', language });
  }

  #step(input: Input): void {
    const effects = this.#core.step(input, monotonic());
    for (const effect of effects) this.#carryOut(effect);
    this.#arm();
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const deadline = this.#core.deadline();
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#step({ kind: 'timer' }), Math.max(0, deadline - monotonic()));
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'connect':
        return this.#open(effect.socket, effect.url);
      case 'transmit':
        return this.#transmit(effect.socket, effect.frame);
      case 'disconnect':
        return this.#close(effect.socket);
      case 'keep':
        return this.#settings.store.keep(effect.entry);
      case 'forget':
        return this.#settings.store.forget(effect.ref);
      default:
        return this.#settings.onEffect(effect);
    }
  }

  #open(id: number, url: string): void {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/socket`);
    this.#socket = socket;
    this.#socketId = id;
    socket.onopen = () => this.#step({ kind: 'opened', socket: id });
    socket.onclose = (event) => this.#step({ kind: 'closed', socket: id, code: event.code });
    socket.onmessage = (event) => {
      const frame = typeof event.data === 'string' ? parseFrame(event.data) : null;
      if (frame) this.#step({ kind: 'frame', socket: id, frame });
    };
  }

  #transmit(id: number, frame: ClientFrame): void {
    if (id === this.#socketId && this.#socket?.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify(frame));
  }

  #close(id: number): void {
    if (id !== this.#socketId || !this.#socket) return;
    this.#socket.onopen = null;
    this.#socket.onmessage = null;
    this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }
}

/** Ms since the Unix epoch as of the page's start, never going back. */
function monotonic(): number {
  return performance.timeOrigin + performance.now();
}
