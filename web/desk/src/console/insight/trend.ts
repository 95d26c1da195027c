/** How many belong to each segment, day by day: see `SegmentTrend` in docs/openapi.json. */
export interface TrendDay {
  /** Days since 1970-01-01 in Japan. */
  day: number;
  at: number;
  customers: number;
  segments: Record<string, number>;
  tiers: Record<string, number>;
}

export interface Series {
  id: string;
  /** By day, in order. */
  points: { day: number; n: number }[];
}

/** One line for each segment or tier that anybody belonged to; a day without members is 0. */
export function seriesOf(days: readonly TrendDay[], of: 'segments' | 'tiers'): Series[] {
  const ids = [...new Set(days.flatMap((day) => Object.keys(day[of])))];
  return ids.map((id) => ({ id, points: days.map((one) => ({ day: one.day, n: one[of][id] ?? 0 })) }));
}

/** The line as points of a drawing that is `width` by `height`; from 0, so that a small change looks small. */
export function pointsOf({ points }: Series, width: number, height: number): string {
  const first = points[0]?.day ?? 0;
  const last = points.at(-1)?.day ?? 0;
  const most = Math.max(1, ...points.map((point) => point.n));
  const x = (day: number) => (last === first ? 0 : (width * (day - first)) / (last - first));
  const y = (n: number) => height - (height * n) / most;
  return points.map(({ day, n }) => `${x(day).toFixed(1)},${y(n).toFixed(1)}`).join(' ');
}

/** A day as people read it. */
export function dayText(day: number, language: string): string {
  const date = new Date(day * 86_400_000);
  return new Intl.DateTimeFormat(language, { month: 'short', day: 'numeric', timeZone: 'UTC' }).format(date);
}
