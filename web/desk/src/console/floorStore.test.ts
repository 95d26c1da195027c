import { ApiError, type Request } from '@madoguchi/shared';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { byNeed, conversationOf, FloorStore, isLate, moved, rulesOf } from './floorStore.ts';
import type { Floor, FloorAgent, FloorContact, FloorQueue } from './types.ts';

const AGENT: FloorAgent = {
  id: 'a1',
  name: '佐藤',
  availability: 'ready',
  reason: '',
  since: 0,
  limit: 3,
  skills: [{ name: 'ja', level: 3 }],
  holding: [],
  offers: [],
};
const queue = (name: string, change: Partial<FloorQueue>): FloorQueue => ({
  queue: name,
  skills: [],
  priority: 0,
  offer_timeout_ms: 20_000,
  waiting: 0,
  ...change,
});
const FLOOR = { owner: 'tokyo', waiting: 1, queues: [], agents: [AGENT], contacts: [] } as unknown as Floor;

let asked: Request[] = [];
let answer: (request: Request) => unknown = () => FLOOR;
const store = () =>
  new FloorStore(async <T>(request: Request) => {
    asked.push(request);
    return answer(request) as T;
  });

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  answer = () => FLOOR;
});
afterEach(() => {
  vi.useRealTimers();
});

it('asks again and again, and keeps the last picture while nobody answers', async () => {
  const floor = store();
  floor.start();
  await vi.advanceTimersByTimeAsync(1);
  expect(floor.view().floor?.owner).toBe('tokyo');
  answer = () => {
    throw new ApiError('unreachable', 0, '');
  };
  await vi.advanceTimersByTimeAsync(2_000);
  expect(floor.view()).toMatchObject({ failed: true, floor: { owner: 'tokyo' } });
  answer = () => FLOOR;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(floor.view().failed).toBe(false);
  floor.stop();
  const before = asked.length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked.length).toBe(before);
});

it('tells an older center’s missing answer from a failure', async () => {
  answer = () => {
    throw new ApiError('no_such_page', 404, '');
  };
  expect(await store().why('c.1')).toBeNull();
  answer = () => {
    throw new ApiError('internal', 500, '');
  };
  await expect(store().why('c.1')).rejects.toThrow();
});

it('forces a state and moves agents, then looks again', async () => {
  const floor = store();
  await floor.force('a1', 'away', 'meeting');
  await floor.move([AGENT, { ...AGENT, id: 'a2' }], { unit: '返品', add: { name: 'returns', level: 2 } });
  const changes = asked.filter((r) => r.method !== undefined);
  expect(changes.map((r) => `${r.method} ${r.path}`)).toEqual([
    'POST /api/v1/agents/a1/availability',
    'PUT /api/v1/agents/a1',
    'PUT /api/v1/agents/a2',
  ]);
  expect(changes[1]?.body).toEqual({
    name: '佐藤',
    unit: '返品',
    skills: [
      { name: 'ja', level: 3 },
      { name: 'returns', level: 2 },
    ],
    capacities: [{ channel: 'chat', limit: 3, weight: 1 }],
    reserved_for: [],
  });
  expect(asked.at(-1)?.path).toContain('/floor');
});

it('looks again even when a change is refused', async () => {
  answer = (request) => {
    if (request.method === 'PUT') throw new ApiError('forbidden', 403, '');
    return FLOOR;
  };
  await expect(store().move([AGENT], { remove: 'ja' })).rejects.toThrow();
  expect(asked.at(-1)?.path).toContain('/floor');
});

it('replaces a skill’s level and takes a skill away', () => {
  expect(moved(AGENT, { add: { name: 'ja', level: 5 } }).skills).toEqual([{ name: 'ja', level: 5 }]);
  expect(moved(AGENT, { remove: 'ja' }).skills).toEqual([]);
});

it('puts queues in trouble first', () => {
  const late = queue('late', { waiting: 1, longest_wait_ms: 9_000, target_ms: 5_000 });
  const shut = queue('shut', { waiting: 1, open: false });
  const calm = queue('calm', { waiting: 3, longest_wait_ms: 60_000 });
  expect([late, shut, calm].map(isLate)).toEqual([true, true, false]);
  expect(byNeed([calm, shut, late]).map((q) => q.queue)).toEqual(['late', 'shut', 'calm']);
});

it('knows a contact’s conversation and a queue’s rules', () => {
  const contact = { contact: 'abc.2', queue: 'q' } as FloorContact;
  expect([conversationOf(contact), conversationOf({ ...contact, conversation: 'x' })]).toEqual(['abc', 'x']);
  expect(
    rulesOf(queue('q', { waiting: 4, held: 1, open: true, opens_at: 5, target_ms: 7, after_work_ms: 9 })),
  ).toEqual({
    queue: 'q',
    skills: [],
    priority: 0,
    offer_timeout_ms: 20_000,
    target_ms: 7,
    after_work_ms: 9,
  });
});
