import { describe, expect, it } from 'vitest';
import type { ClientFrame, Command, ConversationEvent, Welcome } from '../frames.ts';
import { Core } from './core.ts';
import type { Effect, Entry } from './types.ts';

const SITES = [
  { name: 'tokyo', url: 'http://tokyo' },
  { name: 'osaka', url: 'http://osaka' },
];
const CONVERSATION = 'c0ffee00-0000-4000-8000-000000000001';

const welcome = (site: string): Welcome => ({
  type: 'welcome',
  protocol: 1,
  id: 'me',
  role: 'customer',
  site,
  sites: SITES,
  heartbeat_ms: 1_000,
});
const post = (n: number): Command => ({
  type: 'post',
  ref: `p${n}`,
  conversation: CONVERSATION,
  message: `m${n}`,
  text: `text ${n}`,
});
const message = (number: number): ConversationEvent => ({
  number,
  at: 0,
  by: { kind: 'agent', id: 'a' },
  what: 'message',
  message: `e${number}`,
  text: '',
});
const newCore = (outbox: Entry[] = []) =>
  new Core({ token: 't', language: 'ja', sites: SITES, outbox, random: () => 0 });
const sent = (effects: Effect[]): ClientFrame[] =>
  effects.flatMap((e) => (e.kind === 'transmit' ? [e.frame] : []));
const socketOf = (effects: Effect[]) => effects.find((e) => e.kind === 'connect')?.socket ?? -1;
const urlOf = (effects: Effect[]) => effects.find((e) => e.kind === 'connect')?.url;

/** A core that is live at a site; gives the socket's id too. */
function live(core = newCore(), now = 0): { core: Core; socket: number; effects: Effect[] } {
  const socket = socketOf(core.step({ kind: 'start' }, now));
  core.step({ kind: 'opened', socket }, now);
  const effects = core.step({ kind: 'frame', socket, frame: welcome('tokyo') }, now);
  return { core, socket, effects };
}

describe('signing in', () => {
  it('says hello on opening and is live on welcome', () => {
    const core = newCore();
    const start = core.step({ kind: 'start' }, 0);
    expect(urlOf(start)).toBe('http://tokyo');
    const socket = socketOf(start);
    expect(sent(core.step({ kind: 'opened', socket }, 5))).toEqual([
      { type: 'hello', protocol: 1, token: 't', language: 'ja' },
    ]);
    core.step({ kind: 'frame', socket, frame: welcome('tokyo') }, 9);
    expect(core.status()).toMatchObject({ phase: 'live', site: SITES[0], movedFrom: null });
  });

  it('stops for good when the token is not accepted, and keeps the outbox', () => {
    const { core, socket } = live();
    core.step({ kind: 'command', frame: post(1) }, 1);
    const effects = core.step(
      { kind: 'frame', socket, frame: { type: 'error', reason: 'token_expired' } },
      2,
    );
    expect(effects).toContainEqual({ kind: 'signedOut', reason: 'token_expired' });
    expect(core.status()).toMatchObject({ phase: 'refused', waiting: 1 });
    expect(core.deadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('treats close code 4401 as a refused token', () => {
    const { core, socket } = live();
    core.step({ kind: 'closed', socket, code: 4401 }, 1);
    expect(core.status().phase).toBe('refused');
  });
});

describe('moving', () => {
  it('goes to the next site at once when the socket closes', () => {
    const { core, socket } = live();
    const effects = core.step({ kind: 'closed', socket, code: 1006 }, 5_000);
    expect(urlOf(effects)).toBe('http://osaka');
  });

  it('goes after 2.5 heartbeats of silence, not before', () => {
    const { core, socket } = live();
    core.step({ kind: 'frame', socket, frame: { type: 'pong' } }, 1_000);
    expect(core.deadline()).toBe(3_500);
    expect(core.step({ kind: 'timer' }, 3_499)).toEqual([]);
    expect(urlOf(core.step({ kind: 'timer' }, 3_500))).toBe('http://osaka');
  });

  it('goes on `move`, and does not come back to that site soon', () => {
    const { core, socket } = live();
    const first = core.step({ kind: 'frame', socket, frame: { type: 'move' } }, 3_000);
    expect(urlOf(first)).toBe('http://osaka');
    const second = core.step({ kind: 'closed', socket: socketOf(first), code: 1006 }, 3_100);
    expect(urlOf(second)).toBe('http://osaka');
  });

  it('waits 100, 200, … ms once every site was tried', () => {
    const core = newCore();
    let effects = core.step({ kind: 'start' }, 0);
    effects = core.step({ kind: 'closed', socket: socketOf(effects), code: 1006 }, 0);
    expect(urlOf(effects)).toBe('http://osaka');
    core.step({ kind: 'closed', socket: socketOf(effects), code: 1006 }, 0);
    expect(core.deadline()).toBe(100);
    effects = core.step({ kind: 'timer' }, 100);
    expect(urlOf(effects)).toBe('http://tokyo');
    core.step({ kind: 'closed', socket: socketOf(effects), code: 1006 }, 100);
    expect(core.deadline()).toBe(300);
  });

  it('gives up a site that does not greet in time', () => {
    const core = newCore();
    core.step({ kind: 'start' }, 0);
    expect(urlOf(core.step({ kind: 'timer' }, core.deadline()))).toBe('http://osaka');
  });

  it('tells where it moved from', () => {
    const { core, socket } = live();
    const next = socketOf(core.step({ kind: 'closed', socket, code: 1006 }, 5_000));
    core.step({ kind: 'opened', socket: next }, 5_001);
    core.step({ kind: 'frame', socket: next, frame: welcome('osaka') }, 5_002);
    expect(core.status()).toMatchObject({ phase: 'live', movedFrom: 'tokyo', site: SITES[1] });
  });

  it('ignores what an abandoned socket still says', () => {
    const { core, socket } = live();
    core.step({ kind: 'closed', socket, code: 1006 }, 5_000);
    expect(core.step({ kind: 'frame', socket, frame: { type: 'pong' } }, 5_001)).toEqual([]);
    expect(core.step({ kind: 'closed', socket, code: 1006 }, 5_001)).toEqual([]);
  });

  it('moves after three refusals that ask for a retry', () => {
    const { core, socket } = live();
    core.step({ kind: 'command', frame: post(1) }, 0);
    let effects: Effect[] = [];
    for (let i = 0; i < 3; i += 1) {
      effects = core.step(
        { kind: 'frame', socket, frame: { type: 'error', ref: 'p1', reason: 'unavailable', retry: true } },
        i,
      );
    }
    expect(urlOf(effects)).toBe('http://osaka');
    expect(core.status().waiting).toBe(1);
  });

  it('moves when a command has no answer for too long', () => {
    const { core, socket } = live();
    core.step({ kind: 'command', frame: post(1) }, 0);
    for (let at = 1_000; at < 6_000; at += 1_000)
      core.step({ kind: 'frame', socket, frame: { type: 'pong' } }, at);
    expect(urlOf(core.step({ kind: 'timer' }, 6_000))).toBe('http://osaka');
  });
});

describe('the outbox', () => {
  it('sends one command per conversation at a time, in order', () => {
    const { core, socket } = live();
    expect(sent(core.step({ kind: 'command', frame: post(1) }, 1))).toEqual([post(1)]);
    expect(sent(core.step({ kind: 'command', frame: post(2) }, 1))).toEqual([]);
    const effects = core.step({ kind: 'frame', socket, frame: { type: 'done', ref: 'p1', number: 2 } }, 2);
    expect(sent(effects)).toEqual([post(2)]);
    expect(effects).toContainEqual({ kind: 'forget', ref: 'p1' });
  });

  it('sends again at the next site with the same ids', () => {
    const { core, socket } = live();
    core.step({ kind: 'command', frame: post(1) }, 1);
    const next = socketOf(core.step({ kind: 'closed', socket, code: 1006 }, 3_000));
    core.step({ kind: 'opened', socket: next }, 3_001);
    const effects = core.step({ kind: 'frame', socket: next, frame: welcome('osaka') }, 3_002);
    expect(sent(effects)).toEqual([post(1)]);
  });

  it('sends what an earlier page left', () => {
    const { effects } = live(newCore([{ order: 7, frame: post(7) }]));
    expect(sent(effects)).toEqual([post(7)]);
  });

  it('drops a command that is refused for good', () => {
    const { core, socket } = live();
    core.step({ kind: 'command', frame: post(1) }, 1);
    const effects = core.step(
      { kind: 'frame', socket, frame: { type: 'error', ref: 'p1', reason: 'text_too_long', retry: false } },
      2,
    );
    expect(effects).toContainEqual({ kind: 'refused', frame: post(1), reason: 'text_too_long', message: '' });
    expect(core.status().waiting).toBe(0);
  });

  it('keeps only the newest availability that was not sent', () => {
    const core = newCore();
    core.step({ kind: 'command', frame: { type: 'availability', ref: 'a1', availability: 'away' } }, 0);
    core.step({ kind: 'command', frame: { type: 'availability', ref: 'a2', availability: 'ready' } }, 0);
    const { effects } = live(core);
    expect(sent(effects)).toEqual([{ type: 'availability', ref: 'a2', availability: 'ready' }]);
  });
});

describe('watching', () => {
  const event = (socket: number, number: number) =>
    ({
      kind: 'frame',
      socket,
      frame: { type: 'event', conversation: CONVERSATION, event: message(number) },
    }) as const;

  it('hands each event on once and in order', () => {
    const { core, socket } = live();
    core.step({ kind: 'watch', conversation: CONVERSATION, after: 0 }, 0);
    const seen = [1, 2, 2, 1, 3].flatMap((n) =>
      core.step(event(socket, n), 1).flatMap((e) => (e.kind === 'event' ? [e.event.number] : [])),
    );
    expect(seen).toEqual([1, 2, 3]);
  });

  it('asks again from the last number when one is missing', () => {
    const { core, socket } = live();
    core.step({ kind: 'watch', conversation: CONVERSATION, after: 0 }, 0);
    core.step({ kind: 'frame', socket, frame: { type: 'done', ref: 'w1' } }, 1);
    core.step(event(socket, 1), 2);
    expect(sent(core.step(event(socket, 3), 1_500))).toEqual([
      { type: 'watch', ref: 'w2', conversation: CONVERSATION, after: 1 },
    ]);
  });

  it('goes on from the last number at another site', () => {
    const { core, socket } = live();
    core.step({ kind: 'watch', conversation: CONVERSATION, after: 0 }, 0);
    for (const n of [1, 2, 3]) core.step(event(socket, n), 1);
    const next = socketOf(core.step({ kind: 'closed', socket, code: 1006 }, 3_000));
    core.step({ kind: 'opened', socket: next }, 3_001);
    const effects = core.step({ kind: 'frame', socket: next, frame: welcome('osaka') }, 3_002);
    expect(sent(effects)).toEqual([{ type: 'watch', ref: 'w2', conversation: CONVERSATION, after: 3 }]);
  });

  it('waits with the watch until the conversation is open', () => {
    const { core, socket } = live();
    core.step(
      { kind: 'command', frame: { type: 'open', ref: 'o', conversation: CONVERSATION, queue: 'q' } },
      0,
    );
    expect(sent(core.step({ kind: 'watch', conversation: CONVERSATION, after: 0 }, 0))).toEqual([]);
    expect(
      sent(core.step({ kind: 'frame', socket, frame: { type: 'done', ref: 'o', number: 1 } }, 1)),
    ).toEqual([{ type: 'watch', ref: 'w1', conversation: CONVERSATION, after: 0 }]);
  });

  it('sends receipts again that no event has confirmed', () => {
    const { core, socket } = live();
    core.step({ kind: 'watch', conversation: CONVERSATION, after: 0 }, 0);
    core.step(event(socket, 1), 1);
    core.step({ kind: 'receipt', what: 'read', conversation: CONVERSATION, upTo: 1 }, 1);
    const next = socketOf(core.step({ kind: 'closed', socket, code: 1006 }, 3_000));
    core.step({ kind: 'opened', socket: next }, 3_001);
    const effects = core.step({ kind: 'frame', socket: next, frame: welcome('osaka') }, 3_002);
    expect(sent(effects)).toContainEqual({ type: 'read', conversation: CONVERSATION, up_to: 1 });
  });

  it('leaves a site once, not for ever, for a watch that no site serves', () => {
    const { core, socket: first } = live();
    core.step({ kind: 'watch', conversation: CONVERSATION, after: 0 }, 0);
    let socket = first;
    let moves = 0;
    let now = 0;
    for (let i = 1; i <= 12; i += 1) {
      now += 2_000;
      const frame = { type: 'error', ref: `w${i}`, reason: 'unavailable', retry: true } as const;
      const effects = core.step({ kind: 'frame', socket, frame }, now);
      if (socketOf(effects) > 0) {
        moves += 1;
        socket = socketOf(effects);
        core.step({ kind: 'opened', socket }, now);
        core.step({ kind: 'frame', socket, frame: welcome('osaka') }, now);
      }
      now += 2_000;
      core.step({ kind: 'frame', socket, frame: { type: 'pong' } }, now);
    }
    expect(moves).toBe(1);
    expect(core.status().phase).toBe('live');
  });

  it('gives a watch up that is forbidden, after the view had time to follow', () => {
    const { core, socket } = live();
    core.step({ kind: 'watch', conversation: CONVERSATION, after: 0 }, 0);
    const verdicts: Effect[] = [];
    for (let now = 0, i = 1; i <= 7; i += 1) {
      const frame = { type: 'error', ref: `w${i}`, reason: 'not_your_conversation' } as const;
      verdicts.push(...core.step({ kind: 'frame', socket, frame }, now));
      now += 2_000;
      core.step({ kind: 'frame', socket, frame: { type: 'pong' } }, now);
    }
    expect(verdicts.filter((e) => e.kind === 'watchRefused')).toHaveLength(1);
  });
});

it('sends typing at most once a second', () => {
  const { core } = live();
  const typing = (now: number) => sent(core.step({ kind: 'typing', conversation: CONVERSATION }, now)).length;
  expect([typing(0), typing(500), typing(1_000)]).toEqual([1, 0, 1]);
});

it('pings when it has said nothing for 20 s', () => {
  const { core, socket } = live();
  const pong = { kind: 'frame', socket, frame: { type: 'pong' } } as const;
  expect(sent(core.step(pong, 19_000))).toEqual([]);
  expect(core.deadline()).toBe(20_000);
  expect(sent(core.step({ kind: 'timer' }, 20_000))).toEqual([{ type: 'ping' }]);
  expect(sent(core.step(pong, 40_000))).toEqual([{ type: 'ping' }]);
});
