import { expect, it } from 'vitest';
import { stopsOf, wayOf } from './journey.ts';
import type { Entry, Stage } from './types.ts';

const entry = (at: number, stage: Stage, kind: string): Entry => ({
  id: `f${at}`,
  record: 'r',
  at,
  source: 's',
  kind,
  channel: '',
  route: '',
  reason: '',
  mood: 0,
  text: '',
  reference: '',
  stage,
  amount: 0,
});
const ENTRIES = [
  entry(50, 'contact', 'chat'),
  entry(40, 'contact', 'return'),
  entry(30, 'buy', 'order'),
  entry(20, 'consider', 'page_view'),
  entry(10, 'consider', 'page_view'),
  entry(60, 'buy', 'order'),
];

it('has all six stages in order, with what happened in each', () => {
  const stops = stopsOf(ENTRIES);
  expect(stops.map((stop) => [stop.stage, stop.count])).toEqual([
    ['know', 0],
    ['consider', 2],
    ['buy', 2],
    ['use', 0],
    ['contact', 2],
    ['again', 0],
  ]);
  expect(stops[2]).toMatchObject({ first: 30, last: 60 });
  expect(stops[0]).toMatchObject({ first: 0, last: 0 });
});

it('tells the way that was gone, whatever order the touchpoints come in', () => {
  const way = wayOf(ENTRIES);
  expect(way.map((step) => [step.stage, step.count])).toEqual([
    ['consider', 2],
    ['buy', 1],
    ['contact', 2],
    ['buy', 1],
  ]);
  expect(way[2]).toMatchObject({ from: 40, to: 50, kinds: ['return', 'chat'] });
  expect(wayOf([...ENTRIES].reverse())).toEqual(way);
  expect(wayOf([])).toEqual([]);
});
