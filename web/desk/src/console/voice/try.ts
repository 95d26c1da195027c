/** A made-up call through a flow, as `POST /api/v1/flows/try` plays it. */

import { casesOf, type Flow } from './flow.ts';

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

type Values = Record<string, string>;

const SOMEBODY: Values = { name: '山田 花子', status: 'sent' };
const FOUND: Answer = { found: SOMEBODY };

/** What may be found at a node, as the branches of its flow tell it apart. */
export function foundAt(flow: Flow, id: string | undefined): Values[] {
  const into = id === undefined ? undefined : flow.nodes[id]?.into;
  const prefix = `${String(into ?? '')}.`;
  const branches = Object.values(flow.nodes).filter(
    (node) => node.kind === 'branch' && typeof node.on === 'string' && node.on.startsWith(prefix),
  );
  return branches.flatMap((node) =>
    casesOf(node)
      .filter((one) => one.is !== '*' && one.is !== '')
      .map((one) => ({ [String(node.on).slice(prefix.length)]: one.is })),
  );
}

/** How a button names what is found; nothing: somebody, or something, without more. */
export const foundAs = (answer: Answer): string =>
  typeof answer === 'string'
    ? ''
    : Object.entries(answer.found)
        .filter(([name]) => !(name in SOMEBODY) || answer.found[name] !== SOMEBODY[name])
        .map(([name, value]) => `${name} = ${value}`)
        .join(' ');

/** `known`: what may be found, besides somebody; several branches may ask for the same. */
export function nextOf(waits: WaitsFor, known: readonly Values[] = []): Next {
  const none: Next = { keys: false, answers: [], place: false };
  if (waits === 'digits' || waits === 'message') return { ...none, keys: true };
  if ('agent' in waits) return { ...none, keys: true, place: true };
  if ('transfer' in waits) return { ...none, answers: ['connected', 'failed'] };
  if ('nothing' in waits) return none;
  const found = known.map((values): Answer => ({ found: { ...SOMEBODY, ...values } }));
  const answers: Record<Question['about'], readonly Answer[]> = {
    hours: ['open', 'closed'],
    lookup: [FOUND, ...found, 'missing'],
    service: [FOUND, ...found, 'failed'],
  };
  const different = new Map(answers[waits.answer.about].map((answer) => [JSON.stringify(answer), answer]));
  return { ...none, answers: [...different.values()] };
}

export const answerName = (answer: Answer) => (typeof answer === 'string' ? answer : 'found');
