/** Orders, stock and what is asked of shops: see docs/crm-orders.md. Times in ms since the Unix epoch, money in the smallest unit. */

export interface Line {
  sku: string;
  name: string;
  quantity: number;
  price: number;
}

export interface To {
  recipient: string;
  postcode: string;
  address: string;
  phone: string;
  /** All but the recipient is left out until it is asked for. */
  masked?: boolean;
}

export interface Order {
  id: string;
  /** The customer's record that it is of. */
  record: string;
  shop: string;
  number: string;
  /** Grows with each change. */
  version: number;
  status: string;
  channel: string;
  store?: string;
  placed_at: number;
  changeable_until?: number;
  total: number;
  currency: string;
  lines: Line[];
  payment?: { method: string; state: string };
  delivery?: { date?: string; window?: string; carrier?: string; tracking?: string };
  to?: To;
  note?: string;
  returns: { id: string; state: string; reason?: string; asked_at: number }[];
  erased?: boolean;
}

/** What a shop is asked to do. */
export type Deed =
  | {
      kind: 'place_order';
      lines: Line[];
      payment: string;
      date: string;
      window: string;
      to: To;
      note: string;
      channel: string;
    }
  | { kind: 'change_delivery'; date: string; window: string; to?: To }
  | { kind: 'start_return'; lines: Line[]; reason: string; note: string; files: string[] }
  | { kind: 'cancel_order'; reason: string }
  | { kind: 'reserve_stock'; sku: string; place: string; quantity: number; until: number }
  | { kind: 'release_stock'; command: string };

/** What was asked of a shop. */
export interface Command {
  id: string;
  shop: string;
  order?: string;
  kind: string;
  state: 'asked' | 'sent' | 'confirmed' | 'refused';
  asked_at: number;
  /** Why the last try brought no answer. */
  fault?: string;
  /** The shop's reason, and its words. */
  reason?: string;
  words?: string;
  /** The shop's number for what it did. */
  reference?: string;
  /** `told`: the customer was told in the conversation; another word: why never. */
  told?: string;
  /** Absent once the customer was erased. */
  do?: Deed;
}

export interface Shop {
  name: string;
  answered_at?: number;
}

/** How much of an article is where. */
export interface Level {
  shop: string;
  sku: string;
  name: string;
  place: string;
  place_name: string;
  place_kind: string;
  free: number;
  reserved: number;
  /** When it was counted; 0: not known. */
  at: number;
}

export const PAYMENTS = ['cod', 'card', 'convenience_store', 'bank_transfer'] as const;
export const CANCEL_REASONS = ['changed_mind', 'too_late', 'ordered_twice', 'other'] as const;
/** What an agent can ask of a shop about an order. */
export const ORDER_DEEDS = ['change_delivery', 'cancel_order', 'start_return'] as const;
export type OrderDeed = (typeof ORDER_DEEDS)[number];
