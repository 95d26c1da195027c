import { expect, it } from 'vitest';
import { answerName, nextOf } from './try.ts';

it('offers what the flow waits for, and nothing after the end', () => {
  expect(nextOf('digits')).toEqual({ keys: true, answers: [], place: false });
  expect(nextOf({ agent: { queue: 'q' } })).toEqual({ keys: true, answers: [], place: true });
  expect(nextOf({ answer: { about: 'hours', calendar: 'day' } }).answers).toEqual(['open', 'closed']);
  expect(nextOf({ answer: { about: 'lookup' } }).answers.map(answerName)).toEqual(['found', 'missing']);
  expect(nextOf({ answer: { about: 'service' } }).answers.map(answerName)).toEqual(['found', 'failed']);
  expect(nextOf({ transfer: '+81312345678' }).answers).toEqual(['connected', 'failed']);
  expect(nextOf({ nothing: 'flow' })).toEqual({ keys: false, answers: [], place: false });
});
