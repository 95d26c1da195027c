import { dialable } from '@madoguchi/shared';

/** A campaign as the center tells it. Times in ms. */
export interface Campaign {
  id: string;
  plan: Plan;
  phase: 'paused' | 'running' | 'finished';
  entries: number;
  due: number;
  previewed: number;
  dialled: number;
  done: number;
  attempts: number;
  outcomes: Readonly<Record<string, number>>;
  do_not_call: number;
  /** Who picked up in the window of the cap, and who of them found nobody. */
  picked_up: number;
  found_nobody: number;
  capped: boolean;
  site: string;
  changed_by: string;
  next_at: number;
}

/** Somebody who is called. */
export interface Entry {
  id: string;
  number: string;
  name: string;
  stage: 'due' | 'previewed' | 'dialled' | 'done';
  attempts: number;
  last: string;
  again_at: number;
  do_not_call: boolean;
}

interface Line {
  text?: string;
  file?: string;
}

/** The rules of a campaign, as docs/telephony-ivr.md has them. */
export interface Plan {
  name: string;
  mode: 'preview' | 'progressive';
  queue: string;
  caller_id: string;
  attempts: number;
  attempts_per_day: number;
  pauses: Record<'busy_ms' | 'no_answer_ms' | 'machine_ms' | 'abandoned_ms' | 'failed_ms', number>;
  ring_ms: number;
  preview_ms: number;
  utc_offset_minutes: number;
  windows: { weekday: number; from: number; to: number }[];
  closed?: number[];
  abandon: { permille: number; window_ms: number };
  nobody?: { within_ms: number; announcement: { ja?: Line; en?: Line } };
}

/** Days of the week, 1 (Monday) to 7, and the time between. */
interface Hours {
  days: string[];
  from: string;
  to: string;
}

/** A plan as the form has it. */
export interface PlanForm extends Omit<Plan, 'windows' | 'closed' | 'nobody'> {
  hours: Hours[];
  closed: { date: string }[];
  within_ms: number;
  ja: string;
  en: string;
  /** Recorded sounds of the announcement: kept as they are. */
  files: { ja?: string; en?: string };
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MIDNIGHT = 1_440;

/** A beginning that keeps to what is usual: working days, a few tries, and the strictest rule of abandoned calls. */
export const freshPlan = (queue: string): PlanForm => ({
  name: '',
  mode: 'preview',
  queue,
  caller_id: '',
  attempts: 3,
  attempts_per_day: 1,
  pauses: {
    busy_ms: 15 * MINUTE,
    no_answer_ms: 4 * HOUR,
    machine_ms: 4 * HOUR,
    abandoned_ms: DAY,
    failed_ms: HOUR,
  },
  ring_ms: 25_000,
  preview_ms: 5 * MINUTE,
  utc_offset_minutes: 540,
  hours: [{ days: ['1', '2', '3', '4', '5'], from: '09:00', to: '18:00' }],
  closed: [],
  abandon: { permille: 30, window_ms: HOUR },
  within_ms: 5_000,
  ja: 'お電話をおかけしましたが、ただいま担当者におつなぎできません。改めてお電話いたします。失礼いたします。',
  en: '',
  files: {},
});

const clockOf = (minutes: number) =>
  `${String(Math.floor(minutes / 60) % 24).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

function minutesOf(clock: string, end: boolean): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const at = hours * 60 + minutes;
  // A day ends at midnight: a form's clock calls that 00:00.
  return end && at === 0 ? MIDNIGHT : at;
}

const dateOf = (day: number) => new Date(day * DAY).toISOString().slice(0, 10);
const dayOf = (date: string) => Math.floor(Date.parse(`${date}T00:00:00Z`) / DAY);

/** Windows of the same times become one row with their days. */
function hoursOf(windows: Plan['windows']): Hours[] {
  const rows = new Map<string, Hours>();
  for (const { weekday, from, to } of windows) {
    const row = rows.get(`${from} ${to}`) ?? { days: [], from: clockOf(from), to: clockOf(to) };
    row.days.push(String(weekday));
    rows.set(`${from} ${to}`, row);
  }
  return [...rows.values()];
}

export function formOf(plan: Plan): PlanForm {
  const { windows, closed, nobody, ...rest } = plan;
  const { ja, en } = nobody?.announcement ?? {};
  return {
    ...rest,
    hours: hoursOf(windows),
    closed: (closed ?? []).map((day) => ({ date: dateOf(day) })),
    within_ms: nobody?.within_ms ?? freshPlan('').within_ms,
    ja: nobody ? (ja?.text ?? '') : freshPlan('').ja,
    en: en?.text ?? '',
    files: { ...(ja?.file ? { ja: ja.file } : {}), ...(en?.file ? { en: en.file } : {}) },
  };
}

const lineOf = (text: string, file?: string): Line | undefined =>
  text.trim() === '' && !file
    ? undefined
    : { ...(text.trim() === '' ? {} : { text: text.trim() }), ...(file ? { file } : {}) };

export function planOf(form: PlanForm): Plan {
  const { hours, closed, within_ms, ja, en, files, caller_id, ...rest } = form;
  const [japanese, english] = [lineOf(ja, files.ja), lineOf(en, files.en)];
  const announcement = { ...(japanese ? { ja: japanese } : {}), ...(english ? { en: english } : {}) };
  return {
    ...rest,
    caller_id: dialable(caller_id) ?? caller_id,
    windows: hours.flatMap(({ days, from, to }) =>
      days.map((day) => ({
        weekday: Number(day),
        from: minutesOf(from, false),
        to: minutesOf(to, true),
      })),
    ),
    closed: [...new Set(closed.filter(({ date }) => date !== '').map(({ date }) => dayOf(date)))],
    ...(rest.mode === 'progressive' || japanese || english ? { nobody: { within_ms, announcement } } : {}),
  };
}

/** What of a form no campaign can be made of; `null`: nothing. */
export function faultOf(form: PlanForm): 'planNoHours' | 'planBadCaller' | 'planNoAnnouncement' | null {
  if (dialable(form.caller_id)?.startsWith('+') !== true) return 'planBadCaller';
  const plan = planOf(form);
  if (plan.windows.length === 0 || plan.windows.some(({ from, to }) => from >= to)) return 'planNoHours';
  const { ja, en } = plan.nobody?.announcement ?? {};
  return plan.mode === 'progressive' && !ja && !en ? 'planNoAnnouncement' : null;
}

export const isCampaignId = (id: string): boolean => /^[a-z0-9_-]{1,40}$/.test(id);

/** Somebody to be called, and the line where they were written. */
export interface Person {
  line: number;
  number: string;
  name: string;
}

/** The cells of a line, as spreadsheets write them: commas or tabs between, quotes around what has some. */
export function cellsOf(line: string): string[] {
  const between = line.includes('\t') ? '\t' : ',';
  const cells = [''];
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    const last = cells.length - 1;
    if (letter === '"' && quoted && line.charAt(at + 1) === '"') {
      cells[last] += '"';
      at += 1;
    } else if (letter === '"') quoted = !quoted;
    else if (letter === between && !quoted) cells.push('');
    else cells[last] += letter;
  }
  return cells.map((cell) => cell.trim());
}

/** People from a pasted table, `number, name` a line, and the lines that are none. A line of headings is passed over. */
export function peopleOf(text: string): { people: Person[]; bad: number[] } {
  const people: Person[] = [];
  const bad: number[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const [written = '', name = ''] = cellsOf(line);
    const number = dialable(written);
    const heading = at === 0 && !/\d/.test(written);
    if (number?.startsWith('+')) people.push({ line: at + 1, number, name: name.slice(0, 100) });
    else if (!heading) bad.push(at + 1);
  }
  return { people, bad };
}

/** So many the center takes at once. */
export const AT_ONCE = 500;

export const inParts = <T>(list: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, at) => list.slice(at * size, (at + 1) * size));

/** A share in percent with one decimal; empty when there is none. */
export const shareText = (part: number, whole: number): string =>
  whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)}%`;
