import { expect, it } from 'vitest';
import type { ConversationEvent, EventBody, PartyKind } from './frames.ts';
import {
  answerTo,
  emptyThread,
  lastSaid,
  pendingAnswer,
  unread,
  withAnswer,
  withEvent,
  withoutPending,
  withPending,
} from './thread.ts';

let number = 0;
const event = (kind: PartyKind, body: EventBody): ConversationEvent => {
  number += 1;
  return { number, at: number * 1_000, by: { kind, id: `${kind}-1` }, ...body };
};

it('follows a conversation from its opening to its end and back', () => {
  number = 0;
  let thread = emptyThread('c');
  const take = (kind: PartyKind, body: EventBody) => {
    thread = withEvent(thread, event(kind, body));
  };
  take('customer', { what: 'opened', customer: 'cu', queue: 'support', name: '佐藤' });
  take('customer', { what: 'message', message: 'm1', text: 'もしもし' });
  expect(thread).toMatchObject({ name: '佐藤', queue: 'support', assignedTo: '', opened: true, last: 2 });
  take('system', { what: 'assigned', agent: 'ag', contact: 'c.1' });
  take('agent', { what: 'read', up_to: 3 });
  take('agent', { what: 'delivered', up_to: 2 });
  expect(thread).toMatchObject({ assignedTo: 'ag', agent: { read: 3, delivered: 2 }, last: 5 });
  expect(thread.events.map((e) => e.what)).toEqual(['opened', 'message', 'assigned']);
  take('agent', { what: 'transferred', queue: 'returns', round: 2 });
  expect(thread).toMatchObject({ assignedTo: '', queue: 'returns' });
  take('agent', { what: 'closed', reason: 'resolved' });
  expect(thread.closed).toBe(true);
  take('customer', { what: 'reopened', round: 3 });
  expect(thread.closed).toBe(false);
});

it('counts what is unread and finds the last message', () => {
  number = 0;
  let thread = emptyThread('c');
  expect(lastSaid(thread)).toBeNull();
  for (const text of ['a', 'b', 'c'])
    thread = withEvent(thread, event('customer', { what: 'message', message: text, text }));
  thread = withEvent(thread, event('agent', { what: 'message', message: 'd', text: 'd' }));
  expect(unread(thread, 'customer', 1)).toBe(2);
  const before = unread(thread, 'agent', 0);
  const told = withEvent(thread, event('system', { what: 'message', message: 'told', text: 'お知らせ' }));
  expect([unread(told, 'agent', 0), unread(told, 'customer', 1)]).toEqual([before + 1, 2]);
  expect(lastSaid(thread)?.text).toBe('d');
});

it('shows a message of ours once: waiting, stored, then as the event', () => {
  number = 0;
  const frame = { type: 'post', ref: 'r', conversation: 'c', message: 'm', text: 't' } as const;
  let thread = withPending(withPending(emptyThread('c'), frame, 1), frame, 2);
  expect(thread.pending).toEqual([{ message: 'm', text: 't', at: 1, state: 'waiting', note: false }]);
  thread = withAnswer(thread, 'm', null);
  expect(thread.pending[0]?.state).toBe('stored');
  thread = withEvent(thread, event('customer', { what: 'message', message: 'm', text: 't' }));
  expect(thread.pending).toEqual([]);
});

it('keeps a refused message visible until it is taken away', () => {
  const frame = { type: 'post', ref: 'r', conversation: 'c', message: 'm', text: 't' } as const;
  let thread = withAnswer(withPending(emptyThread('c'), frame, 1), 'm', 'text_too_long');
  expect(thread.pending[0]).toMatchObject({ state: 'refused', reason: 'text_too_long' });
  thread = withoutPending(thread, 'm');
  expect(thread.pending).toEqual([]);
});

it('takes notes, files, partners, wrap-up and rating, and leaves out what is hidden', () => {
  number = 0;
  let thread = emptyThread('c');
  const take = (kind: PartyKind, body: EventBody) => {
    thread = withEvent(thread, event(kind, body));
  };
  const answers = { order: '8841' };
  take('customer', { what: 'opened', customer: 'cu', queue: 'q', reason: 'returns', answers });
  expect(thread).toMatchObject({ reason: 'returns', answers });
  thread = withPending(
    thread,
    { type: 'note', ref: 'r', conversation: 'c', message: 'n', text: '確認中', mentions: [], whisper: false },
    1,
  );
  expect(thread.pending).toMatchObject([{ note: true, text: '確認中' }]);
  take('agent', { what: 'note', message: 'n', text: '確認中' });
  expect(thread.pending).toEqual([]);
  take('agent', { what: 'joined', agent: 'x' });
  take('agent', { what: 'joined', agent: 'y' });
  take('agent', { what: 'left', agent: 'x' });
  expect(thread.participants).toEqual(['y']);
  take('system', { what: 'assigned', agent: 'y', contact: 'c.1' });
  expect(thread.participants).toEqual([]);
  take('customer', {
    what: 'file',
    message: 'f',
    file: '1',
    name: '鉢.png',
    media_type: 'image/png',
    bytes: 9,
  });
  expect([unread(thread, 'customer', 0), lastSaid(thread)?.text]).toEqual([1, '鉢.png']);
  take('system', { what: 'hidden' });
  expect([thread.last, thread.events.at(-1)?.what]).toEqual([8, 'file']);
  take('agent', { what: 'wrapped', code: 'done', tags: ['鉢'] });
  take('customer', { what: 'rated', score: 5 });
  expect(thread).toMatchObject({ wrapped: { code: 'done' }, rating: 5 });
});

it('knows which offered form was answered, and which answer is on its way', () => {
  number = 0;
  let thread = emptyThread('c');
  const offered = { form: 'return', filled: false, offer: 0 };
  const filled = { form: 'return', filled: true, offer: 1 };
  thread = withEvent(thread, event('agent', { what: 'message', message: 'o', text: '{}', form: offered }));
  expect(lastSaid(thread)).toMatchObject({ text: '{}', form: offered });
  expect([answerTo(thread, 1), pendingAnswer(thread, 1)]).toEqual([null, null]);
  const frame = { type: 'post', ref: 'r', conversation: 'c', message: 'm', text: '{"order":"1"}' } as const;
  thread = withPending(thread, { ...frame, form: filled }, 1);
  expect(pendingAnswer(thread, 1)).toMatchObject({ message: 'm', form: filled });
  const text = frame.text;
  thread = withEvent(thread, event('customer', { what: 'message', message: 'm', text, form: filled }));
  expect([answerTo(thread, 1)?.text, answerTo(thread, 2), pendingAnswer(thread, 1)]).toEqual([
    text,
    null,
    null,
  ]);
});
