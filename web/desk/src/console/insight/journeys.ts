import type { Stage } from '../../customer/types.ts';
import { STAGES } from '../../customer/types.ts';

/** The ways that all customers went: see `Journeys` in docs/openapi.json. Times in ms. */
export interface Journeys {
  counting: boolean;
  from: number;
  until: number;
  customers: number;
  paths: JourneyPath[];
  elsewhere: number;
  stages: { stage: Stage; reached: number; went_on: number; stayed: number }[];
  crossings: Crossing[];
  entries: { channel: string; route: string; customers: number }[];
}

export interface JourneyPath {
  steps: string[];
  cut: boolean;
  customers: number;
}

export interface Crossing {
  from: Stage;
  to: Stage;
  times: number;
  median: number;
  p90: number;
}

/** What is asked for. */
export interface Asked {
  days: number;
  segment: string;
  channel: string;
  route: string;
  by: 'stage' | 'kind';
}

export const queryOf = ({ days, segment, channel, route, by }: Asked): string =>
  String(new URLSearchParams({ days: String(days), segment, channel, route, by }));

/** A share as people read it; empty: of nothing. */
export const percent = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)}%`;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long, in the largest unit that says it well. */
export function spanOf(ms: number): { unit: 'minutes' | 'hours' | 'days'; n: number } {
  if (ms < 2 * HOUR) return { unit: 'minutes', n: Math.round(ms / MINUTE) };
  if (ms < 2 * DAY) return { unit: 'hours', n: Math.round(ms / HOUR) };
  return { unit: 'days', n: Math.round(ms / DAY) };
}

/** A line of the drawing. */
export interface Line {
  from: number;
  to: number;
  /** 1 to 10. */
  width: number;
  /** Goes back to an earlier stage. */
  back: boolean;
}

/** Lines between the stages, by their places in the row; only those that matter: a fiftieth of the widest, or more. */
export function linesOf(crossings: readonly Crossing[]): Line[] {
  const most = Math.max(1, ...crossings.map((one) => one.times));
  return crossings
    .filter((one) => one.times * 50 >= most)
    .map((one) => {
      const [from, to] = [STAGES.indexOf(one.from), STAGES.indexOf(one.to)];
      return { from, to, width: 1 + Math.round((9 * one.times) / most), back: to < from };
    });
}
