import type { Request } from '@madoguchi/shared';
import { expect, it } from 'vitest';
import { ACCOUNTS, CALENDARS, CANNED, type Call, QUEUES } from './resources.ts';

let asked: Request[] = [];
const answering = (answer: unknown): Call => {
  asked = [];
  return async <T>(request: Request) => {
    asked.push(request);
    return answer as T;
  };
};

it('writes a queue’s rules without its figures and without choices of nothing', async () => {
  const queue = { queue: 'q', skills: [], priority: 1, offer_timeout_ms: 9, waiting: 3, open: true, held: 2 };
  const [rules] = await QUEUES.load(answering({ queues: [queue] }));
  expect(rules).toEqual({ queue: 'q', skills: [], priority: 1, offer_timeout_ms: 9 });
  await QUEUES.save(
    answering({}),
    { ...(rules ?? expect.fail()), calendar: '', on_limit_queue: 'other' },
    null,
  );
  expect(asked).toEqual([
    {
      method: 'PUT',
      path: '/api/v1/queues/q',
      body: { queue: 'q', skills: [], priority: 1, offer_timeout_ms: 9, on_limit_queue: 'other' },
    },
  ]);
});

it('gives a calendar back as it was read', async () => {
  const stored = {
    id: 'day',
    name: '昼',
    time_zone: 'Asia/Tokyo',
    week: [{ day: 1, from: '09:00', to: '18:00' }],
    holidays: 'jp',
    closed: ['2026-12-29'],
    open: [],
  };
  const [calendar] = await CALENDARS.load(answering([stored]));
  expect(calendar).toMatchObject({ week: [{ day: '1' }], closed: [{ date: '2026-12-29' }] });
  await CALENDARS.save(answering({}), calendar ?? expect.fail(), null);
  expect(asked[0]?.body).toEqual(stored);
});

it('sends of an account only what the center takes', async () => {
  const account = { id: 'x', login: 'sato', name: '佐藤', role: 'agent', disabled: false, skills: [] };
  await ACCOUNTS.save(answering({}), { ...account, password: '' }, null);
  expect(Object.keys(asked[0]?.body as object)).not.toContain('id');
  expect(asked[0]?.body).toEqual({
    login: 'sato',
    name: '佐藤',
    role: 'agent',
    skills: [],
    chat_capacity: undefined,
  });
  await ACCOUNTS.remove?.(answering({}), account);
  expect(asked[0]).toEqual({ method: 'POST', path: '/api/v1/accounts/sato/disable' });
});

it('names records by their ids in the path', async () => {
  const canned = { ...CANNED.fresh('a b'), shortcut: 'hi' };
  await CANNED.remove?.(answering({}), canned);
  expect(asked[0]).toEqual({ method: 'DELETE', path: '/api/v1/canned/a%20b' });
});
