import { ApiError } from '@madoguchi/shared';
import { type Call, type Resource, refuseUnseen } from './resources.ts';

/** A rule as the center has it: see docs/crm-segments.md. */
export type Rule =
  | { all: Rule[] }
  | { any: Rule[] }
  | { not: Rule }
  | { figure: string; at_least: number }
  | { figure: string; below: number }
  | { word: string; is: string }
  | { consent: string };

interface Name {
  ja: string;
  en: string;
}

interface StoredSegment {
  segment: string;
  name: Name;
  rule: Rule;
}

interface StoredOffer {
  offer: string;
  title: Name;
  segment: string;
  rest_days: number;
  /** Ms since the Unix epoch; 0: no end. */
  until: number;
}

export interface SegmentSettings {
  segments: StoredSegment[];
  offers: StoredOffer[];
  version: number;
}

/** One condition of the form: `holds` is `yes` (at least, is) or `no` (less than, is not). */
export interface Condition {
  what: string;
  holds: string;
  value: string;
}

/** A segment as the form has it; `rule` is the JSON of one that the rows cannot show. */
export interface SegmentForm {
  segment: string;
  name: Name;
  place: number;
  conditions: Condition[];
  rule: string;
}

/** An offer as the form has it. */
export interface OfferForm {
  offer: string;
  title: Name;
  segment: string;
  rest_days: number;
  /** The last day, `YYYY-MM-DD`; empty: no end. */
  until: string;
}

export const FIGURES = [
  'orders',
  'orders365',
  'spent',
  'spent365',
  'days_since_order',
  'days_known',
  'touches90',
  'contacts90',
  'mood90',
  'open_cases',
  'expected_value',
  'churn_percent',
] as const;
export const WORDS = ['tier', 'stage', 'kind', 'language', 'gender', 'department', 'consent'] as const;

const isFigure = (what: string): boolean => (FIGURES as readonly string[]).includes(what);

/** A condition of a plain rule; none: rows cannot show it. */
function conditionOf(rule: Rule): Condition | null {
  if ('at_least' in rule) return { what: rule.figure, holds: 'yes', value: String(rule.at_least) };
  if ('below' in rule) return { what: rule.figure, holds: 'no', value: String(rule.below) };
  if ('word' in rule) return { what: rule.word, holds: 'yes', value: rule.is };
  if ('consent' in rule) return { what: 'consent', holds: 'yes', value: rule.consent };
  if (!('not' in rule) || !('word' in rule.not || 'consent' in rule.not)) return null;
  const inner = conditionOf(rule.not);
  return inner && { ...inner, holds: 'no' };
}

/** A rule as rows; none: it is more than conditions that all hold. */
export function conditionsOf(rule: Rule): Condition[] | null {
  const rules = 'all' in rule ? rule.all : [rule];
  const rows = rules.map(conditionOf);
  return rows.every((row) => row !== null) ? rows : null;
}

/** What a row says. */
function ruleOf({ what, holds, value }: Condition): Rule {
  const text = value.trim();
  if (isFigure(what)) {
    const number = Math.round(Number(text.replaceAll(',', '')));
    return holds === 'yes' ? { figure: what, at_least: number } : { figure: what, below: number };
  }
  const rule: Rule = what === 'consent' ? { consent: text } : { word: what, is: text };
  return holds === 'yes' ? rule : { not: rule };
}

/** The rule of a form: its JSON when it has some, else its rows. */
export function written({ conditions, rule }: SegmentForm): Rule {
  if (rule.trim() !== '') {
    try {
      return JSON.parse(rule) as Rule;
    } catch {
      throw new ApiError('bad_segment', 400, 'the rule is no JSON');
    }
  }
  return { all: conditions.map(ruleOf) };
}

const PATH = '/api/v1/segments';
const read = (call: Call) => call<SegmentSettings>({ path: PATH });

/** Changes the settings as they are now; a change since they were read here is told as `conflict`. */
async function change(call: Call, by: (settings: SegmentSettings) => Partial<SegmentSettings>) {
  const settings = await read(call);
  return call({ method: 'PUT', path: PATH, body: { ...settings, ...by(settings) } });
}

function segmentForm({ segment, name, rule }: StoredSegment, at: number): SegmentForm {
  const conditions = conditionsOf(rule);
  return {
    segment,
    name,
    place: at + 1,
    conditions: conditions ?? [],
    rule: conditions ? '' : JSON.stringify(rule),
  };
}

/** Where a segment is now; as the form read it, except for its place: others come and go. */
function seenAt(segments: readonly StoredSegment[], id: string, before: SegmentForm | null): number {
  const at = segments.findIndex((one) => one.segment === id);
  const now = segments[at];
  refuseUnseen(before, now && segmentForm(now, (before?.place ?? 1) - 1));
  return at;
}

export const SEGMENT_RULES: Resource<SegmentForm> = {
  load: async (call) => (await read(call)).segments.map(segmentForm),
  save: (call, form, before) =>
    change(call, ({ segments }) => {
      const { segment, name, place } = form;
      const at = seenAt(segments, segment, before);
      const others = segments.filter((one) => one.segment !== segment);
      const to = place === before?.place ? at : Math.max(0, place - 1);
      others.splice(to, 0, { segment, name, rule: written(form) });
      return { segments: others };
    }),
  remove: (call, before) =>
    change(call, ({ segments }) => ({
      segments: segments.toSpliced(seenAt(segments, before.segment, before), 1),
    })),
  idOf: (form) => form.segment,
  nameOf: (form, language) => form.name[language] || form.name.ja,
  fresh: () => ({
    segment: '',
    name: { ja: '', en: '' },
    place: 1,
    conditions: [{ what: 'orders', holds: 'yes', value: '1' }],
    rule: '',
  }),
};

const dayOf = (at: number): string => {
  if (at === 0) return '';
  const date = new Date(at - 1);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
};

/** The end of a day, in the reader's time zone. */
const endOf = (day: string): number => {
  if (day === '') return 0;
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + 1).getTime();
};

const offerForm = ({ until, ...offer }: StoredOffer): OfferForm => ({ ...offer, until: dayOf(until) });

/** Where an offer is now, as the form read it. */
function offerAt(offers: readonly StoredOffer[], id: string, before: OfferForm | null): number {
  const at = offers.findIndex((one) => one.offer === id);
  const now = offers[at];
  refuseUnseen(before, now && offerForm(now));
  return at;
}

export const OFFERS: Resource<OfferForm> = {
  load: async (call) => (await read(call)).offers.map(offerForm),
  save: (call, { until, ...form }, before) =>
    change(call, ({ offers }) => {
      const offer = { ...form, segment: form.segment ?? '', until: endOf(until ?? '') };
      const at = offerAt(offers, form.offer, before);
      return { offers: at < 0 ? [...offers, offer] : offers.with(at, offer) };
    }),
  remove: (call, before) =>
    change(call, ({ offers }) => ({ offers: offers.toSpliced(offerAt(offers, before.offer, before), 1) })),
  idOf: (form) => form.offer,
  nameOf: (form, language) => form.title[language] || form.title.ja,
  fresh: () => ({ offer: '', title: { ja: '', en: '' }, segment: '', rest_days: 90, until: '' }),
};
