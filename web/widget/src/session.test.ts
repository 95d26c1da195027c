import { FakeSocket, fakeBrowser } from '@madoguchi/shared/fakes';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { memory } from './memory.ts';
import { Session } from './session.ts';

const HOME = { name: 'tokyo', url: 'http://tokyo' };
const newSession = () => new Session({ home: HOME, queue: 'support', language: 'ja' });
const BEFORE = { name: '', text: '', reason: '', answers: {} };
const calls: string[] = [];

beforeEach(() => {
  calls.length = 0;
  fakeBrowser((path) => {
    calls.push(path);
    if (path === '/api/v1/customers') return { token: 't', customer_id: 'me', expires_at: 0 };
    return path === '/api/v1/sites' ? { site: 'tokyo', sites: [HOME] } : undefined;
  });
});

async function begun(): Promise<Session> {
  const session = newSession();
  expect(await session.begin({ ...BEFORE, name: '佐藤', text: 'こんにちは' })).toBe(true);
  FakeSocket.last().welcome('tokyo', 'customer', 'me');
  return session;
}

describe('a conversation', () => {
  it('opens, then says the first message, then watches', async () => {
    const session = await begun();
    const socket = FakeSocket.last();
    const open = socket.of('open')[0];
    expect(open).toMatchObject({ queue: 'support', name: '佐藤' });
    expect(socket.of('post')).toEqual([]);
    socket.say({ type: 'done', ref: open?.ref ?? '', number: 1 });
    expect(socket.of('post')[0]).toMatchObject({ text: 'こんにちは', conversation: open?.conversation });
    expect(socket.of('watch')[0]).toMatchObject({ after: 0 });
    expect(session.view.thread?.pending).toMatchObject([{ text: 'こんにちは', state: 'waiting' }]);
  });

  it('goes on after a reload, with the same ids', async () => {
    await begun();
    const first = FakeSocket.last();
    const open = first.of('open')[0];
    first.say({ type: 'done', ref: open?.ref ?? '', number: 1 });
    const session = newSession();
    expect(session.view.screen).toBe('thread');
    expect(session.view.thread?.pending).toMatchObject([{ text: 'こんにちは' }]);
    const second = FakeSocket.last();
    second.welcome('tokyo', 'customer', 'me');
    expect(second.of('open')).toEqual([]);
    expect(second.of('post')).toEqual(first.of('post'));
  });

  it('sends again at the other site', async () => {
    await begun();
    const first = FakeSocket.last();
    first.die();
    const second = FakeSocket.last();
    expect(second.url).toBe('ws://osaka/socket');
    second.welcome('osaka', 'customer', 'me');
    expect(second.of('open')).toEqual(first.of('open'));
  });

  it('marks the agent’s messages as read only while they are on the screen', async () => {
    vi.useFakeTimers();
    const session = await begun();
    const socket = FakeSocket.last();
    const { ref = '', conversation = '' } = socket.of('open')[0] ?? {};
    socket.say({ type: 'done', ref, number: 1 });
    const by = { kind: 'customer', id: 'me' } as const;
    const opened = { number: 1, at: 1, by, what: 'opened', customer: 'me', queue: 'support' } as const;
    const answer = { what: 'message', message: 'm', text: 'はい' } as const;
    socket.say({ type: 'event', conversation, event: opened });
    socket.say({
      type: 'event',
      conversation,
      event: { number: 2, at: 2, by: { kind: 'agent', id: 'a' }, ...answer },
    });
    vi.advanceTimersByTime(100);
    expect(socket.of('delivered')).toEqual([{ type: 'delivered', conversation, up_to: 2 }]);
    expect(socket.of('read')).toEqual([]);
    expect(session.view.unread).toBe(1);
    session.look(true);
    expect(socket.of('read')).toEqual([{ type: 'read', conversation, up_to: 2 }]);
    expect(session.view.unread).toBe(0);
    vi.useRealTimers();
  });
});

describe('a form', () => {
  const VALUES = { order: 'A-1', article: '鉢', quantity: '1', reason: 'damaged' };

  async function offered() {
    const session = await begun();
    const socket = FakeSocket.last();
    const conversation = socket.of('open')[0]?.conversation ?? '';
    for (const { ref } of [...socket.of('open')]) socket.say({ type: 'done', ref, number: 1 });
    for (const { ref } of [...socket.of('post')]) socket.say({ type: 'done', ref, number: 2 });
    return { session, socket, conversation };
  }
  const forms = (socket: FakeSocket) => socket.of('post').filter((post) => post.form);

  it('is sent once while nobody has answered, also by another site', async () => {
    const { session, socket } = await offered();
    session.fill('return', VALUES, 3);
    session.fill('return', { ...VALUES, quantity: '2' }, 3);
    expect(forms(socket)).toMatchObject([
      { text: JSON.stringify(VALUES), form: { form: 'return', filled: true, offer: 3 } },
    ]);
    socket.die();
    FakeSocket.last().welcome('osaka', 'customer', 'me');
    expect(forms(FakeSocket.last())).toEqual(forms(socket));
    const after = newSession();
    expect(after.view.thread?.pending).toMatchObject([{ form: { offer: 3 }, state: 'waiting' }]);
    after.fill('return', VALUES, 3);
    expect(after.view.thread?.pending).toHaveLength(1);
  });

  it('may be put right when it was refused, as a new message, also after a reload', async () => {
    const { session, socket, conversation } = await offered();
    memory.keepForm(conversation, 3, { order: 'A' });
    session.fill('return', VALUES, 3);
    expect(memory.form(conversation, 3)).toBeNull();
    const [first] = forms(socket);
    socket.say({ type: 'error', ref: first?.ref ?? '', reason: 'bad_form', message: '', retry: false });
    const pending = () => session.view.thread?.pending.filter(({ form }) => form);
    expect(pending()).toMatchObject([{ state: 'refused', reason: 'bad_form' }]);
    expect(memory.form(conversation, 3)).toEqual(VALUES);
    session.fill('return', VALUES, 3);
    expect(pending()).toMatchObject([{ state: 'waiting' }]);
    expect(forms(socket)).toHaveLength(2);
    expect(forms(socket)[1]?.message).not.toBe(first?.message);
  });

  it('is not kept for another try when it was answered elsewhere', async () => {
    const { session, socket, conversation } = await offered();
    session.fill('return', VALUES, 3);
    const { ref = '' } = forms(socket)[0] ?? {};
    socket.say({ type: 'error', ref, reason: 'form_done', message: '', retry: false });
    expect(memory.form(conversation, 3)).toBeNull();
  });
});

describe('when it cannot begin or go on', () => {
  it('says so, and may be tried again', async () => {
    fakeBrowser(() => undefined);
    const session = newSession();
    expect(await session.begin({ ...BEFORE, text: 'もしもし' })).toBe(false);
    expect(session.view).toMatchObject({ screen: 'start', starting: false, notice: 'startFailed' });
  });

  it('starts over when the token is no longer accepted', async () => {
    const session = await begun();
    FakeSocket.last().say({ type: 'error', reason: 'token_expired', retry: false });
    expect(session.view).toMatchObject({ screen: 'start', notice: 'expired', thread: null });
    expect(await session.begin({ ...BEFORE, text: 'また来ました' })).toBe(true);
    expect(calls.filter((path) => path === '/api/v1/customers')).toHaveLength(2);
  });
});
