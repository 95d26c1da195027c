import { expect, it } from 'vitest';
import { type Heard, microphoneVerdict, NOTHING, verdicts, withLook } from './check.ts';

const looks = (...levels: number[]): Heard => levels.reduce(withLook, NOTHING);
const many = (level: number, n = 50) => looks(...Array.from({ length: n }, () => level));
const finding = (heard: Heard) => microphoneVerdict(null, heard).finding;

it('says what a microphone lets in', () => {
  expect(finding(NOTHING)).toBe('check_listening');
  expect(finding(many(0, 10))).toBe('check_listening');
  expect(finding(many(0))).toBe('check_silent');
  expect(finding(many(0.02))).toBe('check_quiet');
  expect(finding(looks(0, 0, 0.4, 0))).toBe('check_voice');
  expect(finding(many(1))).toBe('check_loud');
  expect(finding(looks(...Array.from({ length: 30 }, (_, i) => (i === 3 ? 1 : 0.2))))).toBe('check_voice');
  expect(microphoneVerdict('microphone_refused', many(0.4))).toEqual({
    finding: 'end_microphone_refused',
    mark: 'bad',
  });
});

it('is ready when the person speaks and hears', () => {
  const marks = (tone: boolean | null) => verdicts(null, looks(0.5), tone).map((v) => v.finding);
  expect(marks(null)).toEqual(['check_voice', 'check_tone']);
  expect(marks(false)).toEqual(['check_voice', 'check_unheard']);
  expect(marks(true)).toEqual(['check_voice', 'check_heard', 'check_ready']);
});
