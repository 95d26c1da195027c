import { expect, it } from 'vitest';
import type { ConversationEvent, EventBody, PartyKind } from './frames.ts';
import {
  emptyThread,
  lastMessage,
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
  expect(lastMessage(thread)).toBeNull();
  for (const text of ['a', 'b', 'c'])
    thread = withEvent(thread, event('customer', { what: 'message', message: text, text }));
  thread = withEvent(thread, event('agent', { what: 'message', message: 'd', text: 'd' }));
  expect(unread(thread, 'customer', 1)).toBe(2);
  expect(lastMessage(thread)?.text).toBe('d');
});

it('shows a message of ours once: waiting, stored, then as the event', () => {
  number = 0;
  const frame = { type: 'post', ref: 'r', conversation: 'c', message: 'm', text: 't' } as const;
  let thread = withPending(withPending(emptyThread('c'), frame, 1), frame, 2);
  expect(thread.pending).toEqual([{ message: 'm', text: 't', at: 1, state: 'waiting' }]);
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
