import { describe, expect, it } from 'vitest';
import { type Crossing, linesOf, percent, queryOf, spanOf } from './journeys.ts';
import { dayText, pointsOf, seriesOf } from './trend.ts';

const crossing = (from: Crossing['from'], to: Crossing['to'], times: number): Crossing => ({
  from,
  to,
  times,
  median: 0,
  p90: 0,
});

describe('journeys', () => {
  it('are asked for with all that was chosen', () => {
    const asked = { days: 30, segment: 'vip', channel: 'web', route: '春 & 夏', by: 'kind' } as const;
    expect(queryOf(asked)).toBe('days=30&segment=vip&channel=web&route=%E6%98%A5+%26+%E5%A4%8F&by=kind');
  });

  it('say shares and times as people read them', () => {
    expect(percent(1, 3)).toBe('33.3%');
    expect(percent(0, 0)).toBe('');
    expect(spanOf(90 * 60_000)).toEqual({ unit: 'minutes', n: 90 });
    expect(spanOf(5 * 3_600_000)).toEqual({ unit: 'hours', n: 5 });
    expect(spanOf(8 * 86_400_000)).toEqual({ unit: 'days', n: 8 });
  });

  it('are drawn by how often they were gone, without what hardly was', () => {
    const lines = linesOf([
      crossing('consider', 'buy', 100),
      crossing('contact', 'buy', 50),
      crossing('know', 'use', 1),
    ]);
    expect(lines).toEqual([
      { from: 1, to: 2, width: 10, back: false },
      { from: 4, to: 2, width: 6, back: true },
    ]);
    expect(linesOf([])).toEqual([]);
  });
});

describe('a trend', () => {
  const day = (n: number, vip: number) => ({
    day: 20_000 + n,
    at: 0,
    customers: 9,
    segments: vip > 0 ? { vip } : {},
    tiers: {},
  });

  it('is one line for each segment, with days without members', () => {
    const days = [day(0, 2), day(1, 0), day(3, 4)];
    const [vip] = seriesOf(days, 'segments');
    expect(vip?.points.map((point) => point.n)).toEqual([2, 0, 4]);
    expect(vip && pointsOf(vip, 300, 100)).toBe('0.0,50.0 100.0,100.0 300.0,0.0');
    expect(seriesOf(days, 'tiers')).toEqual([]);
  });

  it('of one day is one point', () => {
    const [vip] = seriesOf([day(0, 3)], 'segments');
    expect(vip && pointsOf(vip, 300, 100)).toBe('0.0,0.0');
  });

  it('names its days', () => {
    expect(dayText(20_454, 'en')).toBe('Jan 1');
    expect(dayText(20_454, 'ja')).toBe('1月1日');
  });
});
