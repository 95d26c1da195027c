/** Customers as the center tells of them: see `KnownCustomer` and its neighbours in docs/openapi.json. Times in ms since the Unix epoch. */

export const FIELDS = [
  'name',
  'kana',
  'note',
  'tier',
  'stage',
  'postcode',
  'address',
  'birthday',
  'gender',
  'language',
  'company_id',
  'department',
  'post',
] as const;
/** A field that is edited here; a center may tell of more. */
export type Field = (typeof FIELDS)[number];

export const IDENTITY_KINDS = ['phone', 'mail', 'line', 'sns', 'ec', 'card', 'corporate'] as const;
export type IdentityKind = (typeof IDENTITY_KINDS)[number] | 'center';

export interface Identity {
  kind: IdentityKind;
  namespace: string;
  value: string;
  verified: boolean;
}

export interface Consent {
  purpose: string;
  /** Empty: all channels. */
  channel: string;
  granted: boolean;
}

export interface Link {
  link: string;
  record_a: string;
  record_b: string;
  /** Empty: a verified identity that both have. */
  by: string;
  at: number;
  identity?: IdentityKind;
}

export interface Customer {
  customer: string;
  records: string[];
  kind: 'person' | 'company';
  fields: Partial<Record<Field, string>>;
  /** Set, and not shown until they are asked for. */
  masked: Field[];
  identities: Identity[];
  consents: Consent[];
  segments: string[];
  /** 0: never. */
  last_at: number;
  touchpoints: number;
  /** Nobody wrote a name yet. */
  thin: boolean;
  links: Link[];
}

export const STAGES = ['know', 'consider', 'buy', 'use', 'contact', 'again'] as const;
export type Stage = (typeof STAGES)[number];

/** A touchpoint. */
export interface Entry {
  id: string;
  record: string;
  at: number;
  source: string;
  kind: string;
  channel: string;
  route: string;
  reason: string;
  /** -2 to 2; 0: nothing is known. */
  mood: number;
  text: string;
  /** A conversation's, call's or order's id. */
  reference: string;
  stage: Stage;
  amount: number;
}

export interface Suggestion {
  other: Customer;
  /** 1 to 100. */
  score: number;
  reasons: string[];
}

/** What a customer's history says. Money in yen. */
export interface Figures {
  orders: number;
  spent: number;
  spent_365: number;
  /** A guess. */
  expected: number;
  /** Absent: fewer than two orders say nothing. */
  churn_percent?: number;
  /** 1 to 5; 0: they never ordered. */
  recency: number;
  frequency: number;
  money: number;
}

/** What to propose. */
export interface NextOffer {
  offer: string;
  title: { ja: string; en: string };
}

export interface Known {
  customer: Customer;
  timeline: Entry[];
  figures: Figures;
  /** The best first. */
  offers: NextOffer[];
  /** Those who may be meant when nobody wrote a name. */
  matches: Customer[];
}

/** What is known of a customer now; `unknown` when the center has no record, `missing` when it keeps none. */
export interface Pop {
  state: 'loading' | 'ready' | 'unknown' | 'missing' | 'failed';
  known: Known | null;
}

/** What is written. */
export interface Change {
  fields?: Partial<Record<Field, string>>;
  /** What the fields held when the agent began to write. */
  was?: Partial<Record<Field, string>>;
  identities?: Omit<Identity, 'verified'>[];
  withdrawn?: Omit<Identity, 'verified'>[];
  consents?: Consent[];
  kind?: 'person' | 'company';
}
