import { ApiError, type Request } from '@madoguchi/shared';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Book, type Customers, changed } from './book.ts';
import type { Customer, Known } from './types.ts';

const NOBODY: Customer = {
  customer: 'tel-1',
  records: ['tel-1'],
  kind: 'person',
  fields: {},
  masked: ['birthday'],
  identities: [{ kind: 'phone', namespace: '', value: '+819012345678', verified: false }],
  consents: [{ purpose: 'marketing', channel: '', granted: true }],
  segments: [],
  last_at: 0,
  touchpoints: 0,
  thin: true,
  links: [],
};
const known = (customer: Partial<Customer> = {}): Known => ({
  customer: { ...NOBODY, ...customer },
  timeline: [],
  figures: { orders: 0, spent: 0, spent_365: 0, expected: 0, recency: 0, frequency: 0, money: 0 },
  offers: [],
  matches: [],
});

let answers: (() => unknown)[] = [];
let asked: Request[] = [];
let now: Customers = {};
const make = () =>
  new Book(
    async <T>(request: Request) => {
      asked.push(request);
      return answers.shift()?.() as T;
    },
    (customers) => {
      now = customers;
    },
  );
const refuse = (status: number, reason: string) => () => {
  throw new ApiError(reason, status, '');
};

beforeEach(() => {
  vi.useFakeTimers();
  [answers, asked, now] = [[], [], {}];
});
afterEach(() => {
  vi.useRealTimers();
});

it('asks once for a customer, and again while the center has not heard of them', async () => {
  const book = make();
  answers = [refuse(404, 'no_such_customer'), refuse(404, 'no_such_customer'), () => known()];
  book.look('tel-1');
  book.look('tel-1');
  expect(now['tel-1']?.state).toBe('loading');
  await vi.advanceTimersByTimeAsync(0);
  expect(now['tel-1']?.state).toBe('unknown');
  await vi.advanceTimersByTimeAsync(1_300);
  expect(now['tel-1']?.state).toBe('ready');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(3);
});

it('tells a center without customers from one that knows this one not, and from a lost link', async () => {
  const book = make();
  answers = [refuse(404, 'no_crm'), refuse(0, 'unreachable')];
  book.look('a');
  book.look('b');
  book.look('');
  await vi.advanceTimersByTimeAsync(0);
  expect([now.a?.state, now.b?.state, now['']]).toEqual(['missing', 'failed', undefined]);
});

it('asks again for an offer later in the day, and shows what was known meanwhile', async () => {
  const book = make();
  answers = [() => known({ touchpoints: 1 }), () => known({ touchpoints: 2 })];
  book.look('tel-1');
  await vi.advanceTimersByTimeAsync(20_000);
  book.look('tel-1');
  expect(now['tel-1']).toMatchObject({ state: 'ready', known: { customer: { touchpoints: 1 } } });
  await vi.advanceTimersByTimeAsync(0);
  expect(now['tel-1']?.known?.customer.touchpoints).toBe(2);
});

it('keeps what was known while no site answers', async () => {
  const book = make();
  answers = [() => known(), refuse(0, 'unreachable')];
  book.look('tel-1');
  await vi.advanceTimersByTimeAsync(0);
  await book.again('tel-1');
  expect(now['tel-1']).toMatchObject({ state: 'failed', known: { customer: { customer: 'tel-1' } } });
});

it('shows what was written at once, and then what the center says', async () => {
  const book = make();
  const named = known({ fields: { name: '山田 花子' }, thin: false });
  answers = [() => known(), () => ({ refused: [] }), () => named, () => named, () => named];
  book.look('tel-1');
  await vi.advanceTimersByTimeAsync(0);
  await book.change('tel-1', { fields: { name: '山田' }, was: { name: '' } });
  expect(asked[1]).toMatchObject({ method: 'PATCH', body: { fields: { name: '山田' }, was: { name: '' } } });
  expect(now['tel-1']?.known?.customer).toMatchObject({ fields: { name: '山田' }, thin: false });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(now['tel-1']?.known?.customer.fields.name).toBe('山田 花子');
});

it('drops the late answer to an earlier question', async () => {
  const book = make();
  let late: (value: unknown) => void = () => {};
  const slow = new Promise((resolve) => {
    late = resolve;
  });
  answers = [() => slow, () => known({ touchpoints: 2 })];
  const first = book.again('tel-1');
  await book.again('tel-1');
  late(known({ touchpoints: 1 }));
  await first;
  expect(now['tel-1']?.known?.customer.touchpoints).toBe(2);
});

it('knows what a change makes of a customer', () => {
  const phone = { kind: 'phone', namespace: '', value: '+819012345678' } as const;
  const mail = { kind: 'mail', namespace: '', value: 'hanako@example.jp' } as const;
  const after = changed(NOBODY, {
    fields: { birthday: '1980-01-02' },
    identities: [mail],
    withdrawn: [phone],
    consents: [{ purpose: 'marketing', channel: '', granted: false }],
  });
  expect(after.identities).toEqual([{ ...mail, verified: false }]);
  expect(after.consents).toEqual([{ purpose: 'marketing', channel: '', granted: false }]);
  expect([after.masked, after.thin, after.fields.birthday]).toEqual([[], true, '1980-01-02']);
});
