import type { EventBody, PartyKind, Theme } from '@madoguchi/shared';
import { FakeSocket, fakeBrowser } from '@madoguchi/shared/fakes';
import { beforeEach, expect, it, vi } from 'vitest';
import { memory } from './memory.ts';
import { Session } from './session.ts';

const HOME = { name: 'tokyo', url: 'http://tokyo' };
const THEME: Theme = {
  company: { ja: '青空ストア' },
  color: '#24508f',
  welcome: { ja: 'ようこそ' },
  pre_chat: [],
  reasons: [{ id: 'return', ja: '返品', en: 'Returns', queue: 'returns' }],
};
const BEFORE = { name: '', text: 'もしもし', reason: '', answers: {} };
const gone = () => new Response('{"reason":"link_over"}', { status: 409 });
let asked: { path: string; init: RequestInit }[] = [];
let number = 0;

beforeEach(() => {
  asked = [];
  number = 0;
  fakeBrowser((path, init) => {
    asked.push({ path, init });
    if (path === '/api/v1/customers') return { token: 't', customer_id: 'me', expires_at: 0 };
    if (path === '/api/v1/sites') return { site: 'tokyo', sites: [HOME] };
    if (path === '/api/v1/theme') return THEME;
    if (path === '/api/v1/messages') return { conversation: 'c', number: 2, repeated: false };
    if (path.endsWith('/resume-link')) return { url: 'http://tokyo/widget/#resume=abc' };
    if (path === '/api/v1/resume')
      return String(init.body).includes('good')
        ? { token: 'other', customer_id: 'them', conversation: 'theirs', expires_at: 0 }
        : gone();
    return undefined;
  });
});

const settle = () => new Promise((resume) => setTimeout(resume, 0));

async function begun(before = BEFORE): Promise<Session> {
  const session = new Session({ home: HOME, queue: 'support', language: 'ja' });
  await settle();
  await session.begin(before);
  FakeSocket.last().welcome('tokyo', 'customer', 'me');
  return session;
}

function happens(kind: PartyKind, body: EventBody): void {
  number += 1;
  const conversation = FakeSocket.last().of('open')[0]?.conversation ?? '';
  const event = { number, at: number, by: { kind, id: kind === 'customer' ? 'me' : 'a' }, ...body };
  FakeSocket.last().say({ type: 'event', conversation, event });
}

async function opened(): Promise<Session> {
  const session = await begun();
  const socket = FakeSocket.last();
  socket.say({ type: 'done', ref: socket.of('open')[0]?.ref ?? '', number: 1 });
  happens('customer', { what: 'opened', customer: 'me', queue: 'support' });
  return session;
}

it('goes to the queue of the chosen reason, with the answers', async () => {
  await begun({ ...BEFORE, reason: 'return', answers: { order: '8841' } });
  expect(FakeSocket.last().of('open')).toMatchObject([
    { queue: 'returns', reason: 'return', answers: { order: '8841' } },
  ]);
});

it('asks for nothing that an older center does not know', async () => {
  await begun();
  expect(Object.keys(FakeSocket.last().of('open')[0] ?? {}).sort()).toEqual([
    'conversation',
    'queue',
    'ref',
    'type',
  ]);
});

it('keeps the company’s look for the next visit', async () => {
  await begun();
  expect(memory.theme()).toEqual(THEME);
  expect(new Session({ home: HOME, queue: 'q', language: 'ja' }).view.theme).toEqual(THEME);
});

it('shows the place until somebody answers', async () => {
  const session = await opened();
  const { conversation = '' } = FakeSocket.last().of('open')[0] ?? {};
  const place = { type: 'place', place: 3, expected_wait_ms: 95_000, open: true } as const;
  FakeSocket.last().say({ ...place, conversation: 'another' });
  expect(session.view.place).toBeNull();
  FakeSocket.last().say({ ...place, conversation });
  expect(session.view.place).toMatchObject({ place: 3 });
  happens('system', { what: 'assigned', agent: 'a', contact: 'c.1' });
  expect(session.view.place).toBeNull();
});

it('passes over what is hidden, which names nobody, without a hole', async () => {
  const session = await opened();
  const { conversation = '' } = FakeSocket.last().of('open')[0] ?? {};
  number += 1;
  const hidden = { number, at: number, what: 'hidden' };
  FakeSocket.last().onmessage?.({
    data: JSON.stringify({ type: 'event', conversation, event: hidden }),
  });
  happens('agent', { what: 'message', message: 'm', text: 'はい' });
  expect(session.view.thread?.events.map((e) => e.what)).toEqual(['opened', 'message']);
  expect(session.view.thread?.last).toBe(3);
});

it('rates once, and again only when it was refused', async () => {
  const session = await opened();
  happens('agent', { what: 'closed', reason: 'resolved' });
  session.rate(4, 'ありがとう');
  const socket = FakeSocket.last();
  socket.say({ type: 'done', ref: socket.of('post')[0]?.ref ?? '' });
  expect(socket.of('rate')).toMatchObject([{ score: 4, comment: 'ありがとう' }]);
  expect(session.view.rated).toBe(true);
  socket.say({ type: 'error', ref: socket.of('rate')[0]?.ref ?? '', reason: 'closed', retry: false });
  expect(session.view.rated).toBe(false);
});

it('goes on with what another device began, and forgets what it had', async () => {
  const session = await begun();
  await session.resume('good');
  expect(session.view).toMatchObject({ screen: 'thread', thread: { conversation: 'theirs' } });
  FakeSocket.last().welcome('tokyo', 'customer', 'them');
  expect(FakeSocket.last().of('hello')[0]?.token).toBe('other');
  expect(FakeSocket.last().of('watch')).toMatchObject([{ conversation: 'theirs', after: 0 }]);
  expect(FakeSocket.last().of('open')).toEqual([]);
});

it('says when a link is over, and keeps its own conversation', async () => {
  const session = await begun();
  await session.resume('used');
  expect(session.view.notice).toBe('linkOver');
  expect(session.view.thread?.conversation).toBe(FakeSocket.last().of('open')[0]?.conversation);
});

it('gives a link for another device', async () => {
  const session = await opened();
  await session.askLink();
  expect(session.view.link).toEqual({ url: 'http://tokyo/widget/#resume=abc' });
  session.forgetLink();
  expect(session.view.link).toBe('none');
});

it('leaves the beginning by HTTP under the ids that the socket would use', async () => {
  const session = new Session({ home: HOME, queue: 'support', language: 'ja' });
  await session.begin(BEFORE);
  expect(await session.leaveMessage()).toBe(true);
  const body = JSON.parse(String(asked.find((a) => a.path === '/api/v1/messages')?.init.body));
  FakeSocket.last().welcome('tokyo', 'customer', 'me');
  const open = FakeSocket.last().of('open')[0];
  FakeSocket.last().say({ type: 'done', ref: open?.ref ?? '', number: 1, repeated: true });
  const post = FakeSocket.last().of('post')[0];
  expect(body).toMatchObject({
    conversation: open?.conversation,
    message: post?.message,
    text: 'もしもし',
    queue: 'support',
    language: 'ja',
  });
  expect(new Session({ home: HOME, queue: 'q', language: 'ja' }).view.thread?.conversation).toBe(
    open?.conversation,
  );
});

it('counts a file of the agent’s as unread', async () => {
  const session = await opened();
  vi.useFakeTimers();
  happens('agent', {
    what: 'file',
    message: 'f',
    file: '1',
    name: 'a.png',
    media_type: 'image/png',
    bytes: 3,
  });
  vi.advanceTimersByTime(100);
  expect(session.view.unread).toBe(1);
  vi.useRealTimers();
});
