import type { MicrophoneProblem } from './core.ts';

/** Loudness from 0 to 1, as a part of what the device can give. */
const VOICE = 0.06;
const SOUND = 0.008;
const CLIPPED = 0.98;
/** So many looks, of 100 ms each, before silence is called silence. */
const ENOUGH = 40;

/** What a microphone let in so far. */
export interface Heard {
  /** The loudest of all looks. */
  peak: number;
  looks: number;
  /** Looks at the device's limit. */
  clipped: number;
}

export const NOTHING: Heard = { peak: 0, looks: 0, clipped: 0 };

export function withLook(heard: Heard, level: number): Heard {
  return {
    peak: Math.max(heard.peak, level),
    looks: heard.looks + 1,
    clipped: heard.clipped + (level >= CLIPPED ? 1 : 0),
  };
}

export type Finding =
  | 'check_listening'
  | 'check_voice'
  | 'check_quiet'
  | 'check_silent'
  | 'check_loud'
  | 'check_heard'
  | 'check_unheard'
  | 'check_tone'
  | 'check_ready'
  | `end_${MicrophoneProblem}`;

export interface Verdict {
  finding: Finding;
  /** Whether that is well, in the way, or not known yet. */
  mark: 'good' | 'bad' | 'open';
}

/** What is to be said about the microphone. */
export function microphoneVerdict(problem: MicrophoneProblem | null, heard: Heard): Verdict {
  if (problem !== null) return { finding: `end_${problem}`, mark: 'bad' };
  if (heard.clipped * 5 > heard.looks && heard.looks >= 10) return { finding: 'check_loud', mark: 'bad' };
  if (heard.peak >= VOICE) return { finding: 'check_voice', mark: 'good' };
  if (heard.looks < ENOUGH) return { finding: 'check_listening', mark: 'open' };
  return { finding: heard.peak >= SOUND ? 'check_quiet' : 'check_silent', mark: 'bad' };
}

/** What is to be said about the loudspeaker: only the person can know. */
export function speakerVerdict(heard: boolean | null): Verdict {
  if (heard === null) return { finding: 'check_tone', mark: 'open' };
  return heard ? { finding: 'check_heard', mark: 'good' } : { finding: 'check_unheard', mark: 'bad' };
}

export function verdicts(problem: MicrophoneProblem | null, heard: Heard, tone: boolean | null): Verdict[] {
  const both = [microphoneVerdict(problem, heard), speakerVerdict(tone)];
  if (both.every((one) => one.mark === 'good')) both.push({ finding: 'check_ready', mark: 'good' });
  return both;
}
