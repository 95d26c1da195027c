import { type Entry, STAGES, type Stage } from './types.ts';

/** A stage of the lane. */
export interface Stop {
  stage: Stage;
  /** How many touchpoints. */
  count: number;
  /** When it was first and last stood in; 0: never. */
  first: number;
  last: number;
}

/** Touchpoints of one stage after another: a step of the way. */
export interface Step {
  stage: Stage;
  from: number;
  to: number;
  /** Kinds of touchpoints on it, each once, in order. */
  kinds: string[];
  count: number;
}

/** The six stages, each with what happened in it. */
export function stopsOf(entries: readonly Entry[]): Stop[] {
  return STAGES.map((stage) => {
    const times = entries.filter((entry) => entry.stage === stage).map((entry) => entry.at);
    return {
      stage,
      count: times.length,
      first: times.length > 0 ? Math.min(...times) : 0,
      last: times.length > 0 ? Math.max(...times) : 0,
    };
  });
}

/** The way that was really gone, oldest first, from entries in any order. */
export function wayOf(entries: readonly Entry[]): Step[] {
  const steps: Step[] = [];
  const sorted = [...entries].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  for (const { stage, at, kind } of sorted) {
    const last = steps.at(-1);
    if (last?.stage === stage) {
      last.to = at;
      last.count += 1;
      if (!last.kinds.includes(kind)) last.kinds.push(kind);
    } else steps.push({ stage, from: at, to: at, kinds: [kind], count: 1 });
  }
  return steps;
}
