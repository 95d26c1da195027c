/** Stand-ins for the browser, for tests of what is built on the connection. */
import { vi } from 'vitest';
import type { ClientFrame, ServerFrame } from './frames.ts';

export function memoryStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    key: (i) => [...items.keys()][i] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
  };
}

/** A `WebSocket` whose center is the test. */
export class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readonly sent: ClientFrame[] = [];
  readonly url: string;
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  static last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error('nothing has connected');
    return socket;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }

  close(): void {
    this.readyState = 3;
  }

  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  die(): void {
    this.readyState = 3;
    this.onclose?.({ code: 1006 });
  }

  welcome(site: string, role: 'customer' | 'agent', id: string): void {
    this.readyState = 1;
    this.onopen?.();
    const sites = ['tokyo', 'osaka'].map((name) => ({ name, url: `http://${name}` }));
    this.say({ type: 'welcome', protocol: 1, id, role, site, sites, heartbeat_ms: 60_000 });
  }

  /** Frames of one kind that were sent here. */
  of<T extends ClientFrame['type']>(type: T): Extract<ClientFrame, { type: T }>[] {
    return this.sent.filter((f): f is Extract<ClientFrame, { type: T }> => f.type === type);
  }
}

/**
 * Puts the stand-ins in place; `answers` gives the body of each HTTP call by path, a `Response` for anything else than
 * 200, or nothing for a dead site.
 */
export function fakeBrowser(answers: (path: string, init: RequestInit) => unknown): void {
  FakeSocket.all = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.stubGlobal('localStorage', memoryStorage());
  vi.stubGlobal('sessionStorage', memoryStorage());
  vi.stubGlobal('navigator', { language: 'ja' });
  vi.stubGlobal('document', { addEventListener: () => {}, visibilityState: 'visible' });
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('removeEventListener', () => {});
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    const body = answers(new URL(url).pathname, init);
    if (body instanceof Response) return Promise.resolve(body);
    return body === undefined ? Promise.reject(new TypeError('dead')) : Promise.resolve(Response.json(body));
  });
}
