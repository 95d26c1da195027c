/** What each medium brought: see `Media` in docs/openapi.json. */
export interface MediaRow {
  kind: string;
  channel: string;
  route: string;
  touchpoints: number;
  people: number;
  buyers: number;
  purchases: number;
  /** Yen. */
  amount: number;
}

export interface Media {
  rows: MediaRow[];
  /** All other rows together; absent: there are none. */
  other?: MediaRow;
  total: MediaRow;
  of: number;
}

/** What is asked for; days as `YYYY-MM-DD`, both included. */
export interface Asked {
  from: string;
  until: string;
  within: number;
  kind: string;
}

export const FIGURES = ['touchpoints', 'people', 'buyers', 'purchases', 'amount'] as const;
/** The center tells no more rows. */
const ROWS = 200;

/** A day as a date field has it, in this browser's time. */
export function dayOf(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The last `days` days, today included. */
export function lastDays(days: number, now: Date): Pick<Asked, 'from' | 'until'> {
  const from = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days + 1);
  return { from: dayOf(from), until: dayOf(now) };
}

/** The question of the center: from the first day's beginning to the last day's end, here. None: the days are not in order. */
export function queryOf({ from, until, within, kind }: Asked): string | null {
  const [begin, last] = [new Date(`${from}T00:00:00`), new Date(`${until}T00:00:00`)];
  const end = new Date(last.getFullYear(), last.getMonth(), last.getDate() + 1);
  if (!(begin.getTime() >= 0 && begin < end)) return null;
  const asked = { from: begin.getTime(), until: end.getTime(), within, kind, rows: ROWS };
  return String(new URLSearchParams(Object.entries(asked).map(([key, value]) => [key, String(value)])));
}

/** A table as CSV (RFC 4180). No cell is taken for a formula. */
export function csvOf(table: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    if (typeof value === 'number') return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return table.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
