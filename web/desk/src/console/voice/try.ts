/** A made-up call through a flow, as `POST /api/v1/flows/try` plays it. */

export interface Piece {
  text?: string;
  file?: string;
  language: 'ja' | 'en';
}

export type Answer =
  | 'open'
  | 'closed'
  | 'missing'
  | 'connected'
  | 'failed'
  | { found: Record<string, string> };

export type TryInput =
  | 'silence'
  | { digits: string }
  | { early_digits: string }
  | { answer: Answer }
  | { place: { place: number; wait_ms?: number } };

export interface Question {
  about: 'hours' | 'lookup' | 'service';
  calendar?: string;
  by?: string;
  service?: string;
}

export type WaitsFor =
  | 'digits'
  | 'message'
  | { answer: Question }
  | { transfer: string }
  | { agent: { queue: string } }
  | { nothing: string };

export interface TryStep {
  /** Nothing: the call began. */
  input: TryInput | null;
  at_ms: number;
  nodes: string[];
  heard: Piece[];
  acts: { do: string }[];
  waits_for: WaitsFor;
  variables: Record<string, string>;
}

/** What the made-up caller, or the center, may do next. */
export type Next = { keys: boolean; answers: readonly Answer[]; place: boolean };

const FOUND: Answer = { found: { name: '山田 花子', status: 'sent' } };

export function nextOf(waits: WaitsFor): Next {
  const none: Next = { keys: false, answers: [], place: false };
  if (waits === 'digits' || waits === 'message') return { ...none, keys: true };
  if ('agent' in waits) return { ...none, keys: true, place: true };
  if ('transfer' in waits) return { ...none, answers: ['connected', 'failed'] };
  if ('nothing' in waits) return none;
  const answers: Record<Question['about'], readonly Answer[]> = {
    hours: ['open', 'closed'],
    lookup: [FOUND, 'missing'],
    service: [FOUND, 'failed'],
  };
  return { ...none, answers: answers[waits.answer.about] };
}

export const answerName = (answer: Answer) => (typeof answer === 'string' ? answer : 'found');
