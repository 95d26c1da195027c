import { emptyThread } from '@madoguchi/shared';
import { describe, expect, it } from 'vitest';
import { freshPreferences } from './memory.ts';
import { emptyView, neighbour, sendKeyOf, usedCapacity, workOf } from './view.ts';

const holding = ['a', 'b', 'c'].map((conversation) => ({ contact: `${conversation}.1`, conversation }));
const agent = { availability: 'ready', reason: '', since: 0, limit: 4, holding, offers: [] } as const;

describe('the list', () => {
  it('holds what routing says', () => {
    const view = emptyView(freshPreferences('ja'));
    expect(workOf(view)).toEqual([]);
    const threads = { z: emptyThread('z') };
    expect(workOf({ ...view, threads, agent: { ...agent, holding: [...holding], offers: [] } })).toEqual([
      'a',
      'b',
      'c',
    ]);
  });

  it('counts offers against the limit', () => {
    const offer = { contact: 'd.1', conversation: 'd', round: 1, queue: 'q', expires: 1, enqueued: 0 };
    expect(usedCapacity({ ...agent, holding: [...holding], offers: [offer] })).toBe(4);
  });

  it('goes round at its ends and starts at the near one', () => {
    const work = ['a', 'b', 'c'];
    expect([neighbour(work, 'a', 1), neighbour(work, 'c', 1), neighbour(work, 'a', -1)]).toEqual([
      'b',
      'a',
      'c',
    ]);
    expect([neighbour(work, null, 1), neighbour(work, 'gone', -1), neighbour([], 'a', 1)]).toEqual([
      'a',
      'c',
      null,
    ]);
  });
});

it('sends by Ctrl+Enter in Japanese and by Enter in English, unless chosen', () => {
  expect(sendKeyOf(freshPreferences('ja'))).toBe('ctrlEnter');
  expect(sendKeyOf(freshPreferences('en'))).toBe('enter');
  expect(sendKeyOf({ ...freshPreferences('ja'), sendKey: 'enter' })).toBe('enter');
});
