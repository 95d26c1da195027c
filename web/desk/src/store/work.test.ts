import type { AgentState, EventBody, PartyKind } from '@madoguchi/shared';
import { FakeSocket, fakeBrowser } from '@madoguchi/shared/fakes';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Desk } from './desk.ts';
import { runMacro } from './macros.ts';
import { memory } from './memory.ts';
import { holds, maySay, othersAt, valuesOf } from './view.ts';

const HOME = { name: 'tokyo', url: 'http://tokyo' };
const ACCOUNT = { id: 'ag', login: 'sato', name: '佐藤', role: 'agent' };
const missing = () => new Response('{"reason":"no_such_page"}', { status: 404 });
let posted: { path: string; init: RequestInit }[] = [];
let number = 0;

beforeEach(() => {
  vi.useFakeTimers();
  posted = [];
  number = 0;
  fakeBrowser((path, init) => {
    if (path === '/api/v1/sign-in') return { token: 't', expires_at: 0, account: ACCOUNT };
    if (path === '/api/v1/sites') return { site: 'tokyo', sites: [HOME] };
    if (path === '/api/v1/canned') return [{ id: '1', shortcut: 'hi', title: { ja: '挨拶' } }];
    if (path === '/api/v1/queues') return { queues: [{ queue: 'q', name: '返品', waiting: 2 }] };
    if (path === '/api/v1/agents') return missing();
    if (path.endsWith('/files')) {
      posted.push({ path, init });
      return posted.length <= 2 ? undefined : { file: 'f' };
    }
    return path === '/api/v1/conversations' ? { conversations: [] } : undefined;
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const agent = (conversations: string[], change: Partial<AgentState> = {}) => ({
  type: 'agent' as const,
  availability: 'ready' as const,
  reason: '',
  since: 0,
  limit: 4,
  holding: conversations.map((conversation) => ({ contact: `${conversation}.1`, conversation })),
  offers: [],
  ...change,
});

async function signedIn(): Promise<Desk> {
  const desk = new Desk(HOME);
  await desk.signIn('sato', 'secret');
  FakeSocket.last().welcome('tokyo', 'agent', 'ag');
  return desk;
}

function happens(kind: PartyKind, body: EventBody): void {
  number += 1;
  const event = { number, at: number, by: { kind, id: kind === 'customer' ? 'cu' : 'x' }, ...body };
  FakeSocket.last().say({ type: 'event', conversation: 'c1', event });
}

async function holdingOne(): Promise<Desk> {
  const desk = await signedIn();
  FakeSocket.last().say(agent(['c1']));
  desk.select('c1');
  happens('customer', {
    what: 'opened',
    customer: 'cu',
    queue: 'q',
    name: '山田',
    answers: { order: '8841' },
  });
  return desk;
}

it('writes a note that waits, is stored and comes back as itself', async () => {
  const desk = await holdingOne();
  desk.note('c1', '在庫を確認中 @佐藤', ['ag']);
  const sent = FakeSocket.last().of('note')[0];
  expect(sent).toMatchObject({ text: '在庫を確認中 @佐藤', mentions: ['ag'], whisper: false });
  expect(desk.view().threads.c1?.pending).toMatchObject([{ note: true, state: 'waiting' }]);
  happens('agent', { what: 'note', message: sent?.message ?? '', text: 'x' });
  expect(desk.view().threads.c1?.pending).toEqual([]);
});

it('keeps a note through a reload with its ids, apart from the reply', async () => {
  const desk = await holdingOne();
  desk.note('c1', 'あとで電話', []);
  const first = FakeSocket.last().of('note');
  memory.keepDraft('ag', 'c1', '返信の下書き');
  memory.keepDraft('ag', 'c1', 'メモの下書き', 'note');
  const again = new Desk(HOME);
  FakeSocket.last().welcome('tokyo', 'agent', 'ag');
  expect(FakeSocket.last().of('note')).toEqual(first);
  expect(again.view().threads.c1?.pending).toMatchObject([{ note: true, text: 'あとで電話' }]);
  expect([memory.draft('ag', 'c1'), memory.draft('ag', 'c1', 'note')]).toEqual([
    '返信の下書き',
    'メモの下書き',
  ]);
});

it('tells colleagues what is on the screen, again after a move, and who else looks', async () => {
  const desk = await holdingOne();
  const tokyo = FakeSocket.last();
  expect(tokyo.of('viewing')).toEqual([{ type: 'viewing', conversation: 'c1', stop: false }]);
  const viewers = ['ag', 'b'].map((id) => ({ id, name: id, typing: id === 'b' }));
  tokyo.say({ type: 'viewers', conversation: 'c1', agents: viewers });
  expect(othersAt(desk.view(), 'c1')).toEqual([{ id: 'b', name: 'b', typing: true }]);
  tokyo.die();
  FakeSocket.last().welcome('osaka', 'agent', 'ag');
  expect(FakeSocket.last().of('viewing')).toEqual([{ type: 'viewing', conversation: 'c1', stop: false }]);
  desk.select(null);
  expect(FakeSocket.last().of('viewing').at(-1)).toEqual({ type: 'viewing', conversation: 'c1', stop: true });
});

it('closes, then records, and asks for the record of a conversation that ended without', async () => {
  const desk = await holdingOne();
  const socket = FakeSocket.last();
  socket.say(agent([], { availability: 'after_work', after_work_until: 99 }));
  expect(desk.view().toWrap).toBe('c1');
  memory.keepTags('c1', ['破損']);
  desk.wrap('c1', { code: 'done', tags: ['破損'], summary: '交換', follow_up_at: 5 });
  expect(socket.of('wrap')).toMatchObject([{ code: 'done', tags: ['破損'], follow_up_at: 5 }]);
  expect([desk.view().toWrap, memory.tags('c1')]).toEqual([null, []]);
});

it('lets a partner write, but not somebody who only looks', async () => {
  const desk = await signedIn();
  desk.select('c1');
  happens('customer', { what: 'opened', customer: 'cu', queue: 'q' });
  const thread = () => desk.view().threads.c1 ?? expect.fail('no thread');
  expect(maySay(desk.view(), thread())).toBe(false);
  desk.partake('join', 'c1');
  expect(FakeSocket.last().of('join')).toMatchObject([{ conversation: 'c1' }]);
  happens('agent', { what: 'joined', agent: 'ag' });
  expect(maySay(desk.view(), thread())).toBe(true);
  happens('customer', { what: 'closed', reason: '' });
  expect(maySay(desk.view(), thread())).toBe(false);
});

it('counts a taken conversation as held before routing says so', async () => {
  const desk = await signedIn();
  desk.select('c1');
  happens('customer', { what: 'opened', customer: 'cu', queue: 'q' });
  desk.partake('take', 'c1');
  expect([FakeSocket.last().of('take').length, holds(desk.view(), 'c1')]).toEqual([1, false]);
  happens('agent', { what: 'assigned', agent: 'ag', contact: 'c1.1' });
  expect(holds(desk.view(), 'c1')).toBe(true);
  happens('agent', { what: 'transferred', queue: 'q', round: 2 });
  expect(holds(desk.view(), 'c1')).toBe(false);
});

it('shows what the center has, and says what it has not', async () => {
  const desk = await signedIn();
  await vi.advanceTimersByTimeAsync(10);
  const { canned, queues, agents, macros } = desk.view().office;
  expect([canned.state, canned.list.length, queues.list[0]?.name]).toEqual(['ready', 1, '返品']);
  expect([agents.state, macros.state]).toEqual(['missing', 'failed']);
});

it('fills variables from the conversation', async () => {
  const desk = await holdingOne();
  await vi.advanceTimersByTimeAsync(10);
  const values = valuesOf(desk.view(), desk.view().threads.c1 ?? expect.fail('no thread'));
  expect(values).toMatchObject({
    'customer.name': '山田',
    'agent.name': '佐藤',
    'answers.order': '8841',
    queue: '返品',
  });
});

it('runs a macro as a whole, or not at all', async () => {
  const desk = await holdingOne();
  const socket = FakeSocket.last();
  const open = { id: 'm', title: 'm', steps: [{ do: 'reply' as const, text: '{{nothing}}' }] };
  expect(runMacro(desk, open)).toEqual({ open: ['{{nothing}}'] });
  expect(socket.of('post')).toEqual([]);
  const steps = [
    { do: 'reply' as const, text: '{{customer.name}} 様' },
    { do: 'tag' as const, tag: '交換' },
    { do: 'close' as const },
  ];
  expect(runMacro(desk, { id: 'm', title: 'm', steps })).toBeNull();
  expect(socket.of('post')).toMatchObject([{ text: '山田 様' }]);
  expect(memory.tags('c1')).toEqual(['交換']);
  socket.say({ type: 'done', ref: socket.of('post')[0]?.ref ?? '' });
  expect(socket.of('close')).toHaveLength(1);
});

it('sends a file again under the same id, and lets one that is too large stay here', async () => {
  const desk = await holdingOne();
  await desk.uploads.add('c1', [new File(['x'], '鉢 1.png', { type: 'image/png' })]);
  expect(desk.view().uploads).toMatchObject([{ state: 'failed', reason: 'unreachable' }]);
  const message = desk.view().uploads[0]?.message ?? '';
  await desk.uploads.retry(message);
  expect(desk.view().uploads).toEqual([]);
  const headers = posted.map((p) => new Headers(p.init.headers));
  expect(headers.map((h) => h.get('x-message-id'))).toEqual([message, message, message]);
  expect(headers[0]?.get('x-file-name')).toBe(encodeURIComponent('鉢 1.png'));
  const large = new File([new Uint8Array(10 * 1024 * 1024 + 1)], 'large.bin');
  await desk.uploads.add('c1', [large]);
  expect([desk.view().uploads[0]?.reason, posted.length]).toEqual(['file_too_large', 3]);
});
