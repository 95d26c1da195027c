import { expect, it } from 'vitest';
import type { Flow } from './flow.ts';
import { answerName, foundAs, foundAt, nextOf } from './try.ts';

it('offers what the flow waits for, and nothing after the end', () => {
  expect(nextOf('digits')).toEqual({ keys: true, answers: [], place: false });
  expect(nextOf({ agent: { queue: 'q' } })).toEqual({ keys: true, answers: [], place: true });
  expect(nextOf({ answer: { about: 'hours', calendar: 'day' } }).answers).toEqual(['open', 'closed']);
  expect(nextOf({ answer: { about: 'lookup' } }).answers.map(answerName)).toEqual(['found', 'missing']);
  expect(nextOf({ answer: { about: 'service' } }).answers.map(answerName)).toEqual(['found', 'failed']);
  expect(nextOf({ transfer: '+81312345678' }).answers).toEqual(['connected', 'failed']);
  expect(nextOf({ nothing: 'flow' })).toEqual({ keys: false, answers: [], place: false });
});

it('offers what the branches of the flow tell apart', () => {
  const flow: Flow = {
    id: 'main',
    language: 'ja',
    start: 'who',
    nodes: {
      who: { kind: 'lookup', what: 'customer', by: 'caller', into: 'customer', found: 'vip', missing: 'vip' },
      vip: {
        kind: 'branch',
        on: 'customer.segments',
        cases: [
          { is: 'vip', then: 'end' },
          { is: '*', then: 'end' },
        ],
        else: 'end',
      },
      other: { kind: 'branch', on: 'order.status', cases: [{ is: 'sent', then: 'end' }], else: 'end' },
      end: { kind: 'hangup' },
    },
  };
  const known = foundAt(flow, 'who');
  expect(known).toEqual([{ segments: 'vip' }]);
  const { answers } = nextOf({ answer: { about: 'lookup' } }, known);
  expect(answers.map(foundAs)).toEqual(['', 'segments = vip', '']);
  expect(answers[1]).toMatchObject({ found: { name: '山田 花子', segments: 'vip' } });
  expect(foundAt(flow, 'end')).toEqual([]);
});

it('offers each answer once, whichever branches ask for it', () => {
  const known = [{ status: 'late' }, { status: 'late' }, { status: 'sent' }];
  const { answers } = nextOf({ answer: { about: 'service' } }, known);
  expect(answers.map((answer) => `${answerName(answer)} ${foundAs(answer)}`)).toEqual([
    'found ',
    'found status = late',
    'failed ',
  ]);
});
