import type { AgentState, Offer } from '@madoguchi/shared';
import { FakeSocket, fakeBrowser } from '@madoguchi/shared/fakes';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Desk } from './desk.ts';

const HOME = { name: 'tokyo', url: 'http://tokyo' };
const ACCOUNT = { id: 'ag', login: 'sato', name: '佐藤', role: 'agent' };
const OFFER: Offer = { contact: 'c1.1', conversation: 'c1', round: 3, queue: 'q', expires: 9, enqueued: 1 };
const CUSTOMER = { kind: 'customer', id: 'cu' } as const;

beforeEach(() => {
  vi.useFakeTimers();
  fakeBrowser((path) => {
    if (path === '/api/v1/sign-in') return { token: 't', expires_at: 0, account: ACCOUNT };
    if (path === '/api/v1/sites') return { site: 'tokyo', sites: [HOME] };
    return path === '/api/v1/conversations' ? { conversations: [] } : undefined;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const agent = (change: Partial<AgentState>) => ({
  type: 'agent' as const,
  availability: 'ready' as const,
  reason: '',
  since: 0,
  limit: 4,
  holding: [],
  offers: [],
  ...change,
});
const held = { holding: [{ contact: 'c1.1', conversation: 'c1' }] };

async function signedIn(): Promise<Desk> {
  const desk = new Desk(HOME);
  await desk.signIn('sato', 'secret');
  FakeSocket.last().welcome('tokyo', 'agent', 'ag');
  return desk;
}

function customerSays(number: number): void {
  const event = {
    number,
    at: number,
    by: CUSTOMER,
    what: 'message',
    message: `m${number}`,
    text: 'x',
  } as const;
  FakeSocket.last().say({ type: 'event', conversation: 'c1', event });
}

it('keeps the sign-in through a reload of the tab', async () => {
  await signedIn();
  const again = new Desk(HOME);
  expect(again.view().account).toEqual(ACCOUNT);
  FakeSocket.last().welcome('tokyo', 'agent', 'ag');
  expect(FakeSocket.last().of('hello')[0]?.token).toBe('t');
});

it('accepts an offer, watches and selects its conversation', async () => {
  const desk = await signedIn();
  FakeSocket.last().say(agent({ offers: [OFFER] }));
  desk.accept(OFFER);
  expect(FakeSocket.last().of('accept')).toMatchObject([{ contact: 'c1.1', round: 3 }]);
  expect(FakeSocket.last().of('watch')).toMatchObject([{ conversation: 'c1', after: 0 }]);
  expect(desk.view().selected).toBe('c1');
});

it('reads what is selected and held, and only tells that the rest arrived', async () => {
  const desk = await signedIn();
  const socket = FakeSocket.last();
  socket.say(agent(held));
  customerSays(1);
  vi.advanceTimersByTime(100);
  expect(socket.of('delivered')).toEqual([{ type: 'delivered', conversation: 'c1', up_to: 1 }]);
  expect(socket.of('read')).toEqual([]);
  desk.select('c1');
  expect(socket.of('read')).toEqual([{ type: 'read', conversation: 'c1', up_to: 1 }]);
});

it('is made ready again after a lost link, unless the agent had gone', async () => {
  const desk = await signedIn();
  const socket = FakeSocket.last();
  socket.say(agent({ availability: 'away', reason: 'disconnected' }));
  expect(socket.of('availability')).toEqual([]);
  desk.setAvailability('ready');
  socket.say({ type: 'done', ref: socket.of('availability')[0]?.ref ?? '' });
  socket.say(agent({ availability: 'away', reason: 'disconnected' }));
  expect(socket.of('availability').map((f) => f.availability)).toEqual(['ready', 'ready']);
});

it('keeps a conversation on the screen after it ended, and lets it go with the next choice', async () => {
  const desk = await signedIn();
  FakeSocket.last().say(agent(held));
  desk.select('c1');
  customerSays(1);
  FakeSocket.last().say(agent({}));
  expect(desk.view().threads.c1?.last).toBe(1);
  desk.select(null);
  expect(desk.view().threads).toEqual({});
  expect(FakeSocket.last().of('unwatch')).toEqual([{ type: 'unwatch', conversation: 'c1' }]);
});

it('says why something was refused', async () => {
  const desk = await signedIn();
  desk.accept(OFFER);
  const ref = FakeSocket.last().of('accept')[0]?.ref ?? '';
  FakeSocket.last().say({ type: 'error', ref, reason: 'offer_over', retry: false });
  expect(desk.view().notices).toMatchObject([{ reason: 'offer_over' }]);
});

it('goes back to signing in when the token is no longer accepted', async () => {
  const desk = await signedIn();
  FakeSocket.last().say({ type: 'error', reason: 'token_expired', retry: false });
  expect(desk.view()).toMatchObject({ account: null, signInProblem: 'session_over' });
});

it('tells the center before it signs out', async () => {
  const desk = await signedIn();
  const socket = FakeSocket.last();
  const leaving = desk.signOut();
  expect(socket.of('availability')).toMatchObject([{ availability: 'offline' }]);
  socket.say({ type: 'done', ref: socket.of('availability')[0]?.ref ?? '' });
  await vi.advanceTimersByTimeAsync(100);
  await leaving;
  expect(desk.view().account).toBeNull();
});
