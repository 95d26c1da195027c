import { ApiError, type Language, type Request } from '@madoguchi/shared';
import { type Canned, titleOf } from '../core/canned.ts';
import { type Macro, macroTitle } from '../core/macro.ts';
import { type Code, listOf } from '../store/office.ts';
import { rulesOf } from './floorStore.ts';
import type { Floor, QueueRules, Skill } from './types.ts';

export type Call = <T>(request: Request) => Promise<T>;

/** A kind of record that supervisors keep: how it is read, written, taken away and called. */
export interface Resource<T extends object> {
  load(call: Call): Promise<T[]>;
  /** `before`: the record as the form read it, `null` when the form is for a new one. */
  save(call: Call, value: T, before: T | null): Promise<unknown>;
  /** `value` as it was read. */
  remove?: (call: Call, value: T) => Promise<unknown>;
  idOf(value: T): string;
  nameOf(value: T, language: Language): string;
  /** A new one; `id` for kinds that nobody names by hand. */
  fresh(id: string): T;
}

/** Refuses to write over what the form never saw: `conflict` when the record is not as the form read it, `id_taken` when a new one's id belongs to another. */
export function refuseUnseen<T>(before: T | null, now: T | undefined): void {
  if (before === null) {
    if (now !== undefined) throw new ApiError('id_taken', 409, 'the id of the new record is taken');
  } else if (JSON.stringify(before) !== JSON.stringify(now))
    throw new ApiError('conflict', 409, 'the record is not as the form read it');
}

export interface CalendarDay {
  day: string;
  from: string;
  to: string;
}

/** A calendar as the form has it: days as strings, closed days as rows. */
export interface Calendar {
  id: string;
  name: string;
  time_zone: string;
  week: CalendarDay[];
  holidays: string;
  closed: { date: string }[];
  open: { date: string; from: string; to: string }[];
}

interface StoredCalendar extends Omit<Calendar, 'week' | 'closed'> {
  week: { day: number; from: string; to: string }[];
  closed: string[];
}

export interface AccountRecord {
  id?: string;
  login: string;
  name: string;
  role: string;
  disabled?: boolean;
  password?: string;
  skills?: Skill[] | null;
  chat_capacity?: number | null;
}

const enc = encodeURIComponent;

export const QUEUES: Resource<QueueRules> = {
  load: async (call) => (await call<Floor>({ path: '/api/v1/floor' })).queues.map(rulesOf),
  save: (call, value) =>
    call({ method: 'PUT', path: `/api/v1/queues/${enc(value.queue)}`, body: withoutEmpty(value) }),
  idOf: (value) => value.queue,
  nameOf: (value) => value.name || value.queue,
  fresh: () => ({
    queue: '',
    channel: 'chat',
    skills: [],
    priority: 0,
    offer_timeout_ms: 20_000,
    overflow: [],
  }),
};

/** A choice of nothing is no choice: such keys are not sent. */
function withoutEmpty(value: QueueRules): QueueRules {
  const kept = Object.entries(value).filter(([, v]) => v !== '' && v !== undefined);
  return Object.fromEntries(kept) as unknown as QueueRules;
}

export const CALENDARS: Resource<Calendar> = {
  load: async (call) =>
    listOf<StoredCalendar>(await call({ path: '/api/v1/calendars' })).map((stored) => ({
      ...stored,
      week: (stored.week ?? []).map((day) => ({ ...day, day: String(day.day) })),
      closed: (stored.closed ?? []).map((date) => ({ date })),
      open: stored.open ?? [],
    })),
  save: (call, value) => {
    const week = value.week.map((day) => ({ ...day, day: Number(day.day) }));
    const body = { ...value, week, closed: value.closed.map((one) => one.date) };
    return call({ method: 'PUT', path: `/api/v1/calendars/${enc(value.id)}`, body });
  },
  idOf: (value) => value.id,
  nameOf: (value) => value.name || value.id,
  fresh: () => ({
    id: '',
    name: '',
    time_zone: 'Asia/Tokyo',
    week: ['1', '2', '3', '4', '5'].map((day) => ({ day, from: '09:00', to: '18:00' })),
    holidays: 'jp',
    closed: [],
    open: [],
  }),
};

export const ACCOUNTS: Resource<AccountRecord> = {
  load: async (call) => listOf(await call({ path: '/api/v1/accounts' })),
  save: (call, { login, name, role, password, skills, chat_capacity }) => {
    const body = { login, name, role, ...(password ? { password } : {}), skills, chat_capacity };
    return call({ method: 'POST', path: '/api/v1/accounts', body });
  },
  remove: (call, value) => call({ method: 'POST', path: `/api/v1/accounts/${enc(value.login)}/disable` }),
  idOf: (value) => value.login,
  nameOf: (value) => `${value.name}（${value.login}）`,
  fresh: () => ({ login: '', name: '', role: 'agent', skills: [], chat_capacity: 4 }),
};

/** Records under `/api/v1/<shelf>/<id>`. */
function shelf<T extends { id: string }>(
  name: string,
  nameOf: Resource<T>['nameOf'],
  fresh: Resource<T>['fresh'],
): Resource<T> {
  const path = (value: T) => `/api/v1/${name}/${enc(value.id)}`;
  return {
    load: async (call) => listOf(await call({ path: `/api/v1/${name}` })),
    save: (call, value) => call({ method: 'PUT', path: path(value), body: value }),
    remove: (call, value) => call({ method: 'DELETE', path: path(value) }),
    idOf: (value) => value.id,
    nameOf,
    fresh,
  };
}

export const CANNED = shelf<Canned>('canned', titleOf, (id) => ({
  id,
  shortcut: '',
  title: { ja: '' },
  text: '',
  tags: [],
  language: '',
}));

export const MACROS = shelf<Macro>('macros', macroTitle, (id) => ({ id, title: { ja: '' }, steps: [] }));

export const CODES = shelf<Code>(
  'codes',
  (code, language) => code[language] || code.ja || code.id,
  () => ({ id: '', ja: '', en: '' }),
);
