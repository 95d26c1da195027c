import { ApiError, type Request, uuid } from '@madoguchi/shared';
import type { Change, Customer, Known, Pop } from './types.ts';

/** Touchpoints that come with a customer. */
const ENTRIES = 5;
/** A customer who has just come may not be in the center's view yet: asked again after each of these, in ms. */
const UNKNOWN: readonly number[] = [300, 1_000, 3_000];
/** The view follows what was written: asked again after each of these, in ms. */
const WRITTEN: readonly number[] = [250, 1_000, 3_000];
/** What was asked for less than so long ago, in ms, is not asked for again by another look. */
const FRESH = 15_000;
/** So many customers are kept. */
const KEPT = 60;

export type Customers = Readonly<Record<string, Pop>>;

type Call = <T>(request: Request) => Promise<T>;

export const pathOf = (id: string, rest = ''): string => `/api/v1/customers/${encodeURIComponent(id)}${rest}`;

/** Customers of the conversations at hand: asked for when an offer comes, so that they are there before the answer. */
export class Book {
  readonly #call: Call;
  readonly #set: (customers: Customers) => void;
  readonly #asked = new Map<string, number>();
  /** When each was last asked for, ms. */
  readonly #at = new Map<string, number>();
  #all: Customers = {};

  constructor(call: Call, set: (customers: Customers) => void) {
    this.#call = call;
    this.#set = set;
  }

  /** Asks for a customer unless that was just done; what is known stays meanwhile. */
  look(id: string): void {
    if (id === '' || Date.now() - (this.#at.get(id) ?? 0) < FRESH) return;
    if (!this.#all[id]) this.#keep(id, { state: 'loading', known: null });
    void this.again(id, UNKNOWN);
  }

  /** Asks for a customer anew; as long as nothing is known, again after each pause. */
  async again(id: string, pauses: readonly number[] = []): Promise<void> {
    const turn = (this.#asked.get(id) ?? 0) + 1;
    this.#asked.set(id, turn);
    this.#at.set(id, Date.now());
    const before = this.#all[id]?.known ?? null;
    let pop: Pop;
    try {
      const known = await this.#call<Known>({ path: pathOf(id, `?entries=${ENTRIES}`) });
      pop = { state: 'ready', known };
    } catch (error) {
      pop = { state: stateOf(error), known: before };
    }
    // An answer to an earlier question is late.
    if (this.#asked.get(id) !== turn) return;
    this.#keep(id, pop);
    const [pause, ...rest] = pauses;
    if (pop.state === 'unknown' && pause !== undefined) setTimeout(() => void this.again(id, rest), pause);
  }

  /** The hidden value of a field; the center notes who asked. */
  async show(id: string, field: string): Promise<string> {
    const { customer } = await this.#call<Known>({ path: pathOf(id, `?show=${field}`) });
    return (customer.fields as Record<string, string>)[field] ?? '';
  }

  /** Writes; what was written is shown at once, and the center's view a moment later. Gives reasons of parts that were refused. */
  async change(id: string, change: Change): Promise<string[]> {
    const body = { change: uuid(), ...change };
    const { refused } = await this.#call<{ refused: string[] }>({ method: 'PATCH', path: pathOf(id), body });
    const pop = this.#all[id];
    if (pop?.known && refused.length === 0)
      this.#keep(id, { ...pop, known: { ...pop.known, customer: changed(pop.known.customer, change) } });
    this.#follow(id);
    return refused;
  }

  /** Writes somebody down who is not known; gives the new record. The same `id` is the same person, however often it is sent. */
  async add(id: string, change: Change): Promise<{ record: string; refused: string[] }> {
    return this.#call({ method: 'POST', path: '/api/v1/prospects', body: { change: id, ...change } });
  }

  /** Two customers are one. */
  async link(id: string, other: string): Promise<void> {
    await this.#call({ method: 'POST', path: pathOf(id, '/links'), body: { link: uuid(), other } });
    this.#follow(id);
  }

  /** Takes a record out of a merge: an identity that many have is one link, and it is the record that goes. */
  async unlink(id: string, link: string, record: string): Promise<void> {
    const path = pathOf(id, `/links/${encodeURIComponent(link)}?record=${encodeURIComponent(record)}`);
    await this.#call({ method: 'DELETE', path });
    this.#follow(id);
  }

  /** Notes what the customer said to an offer, which is not proposed again for a while. */
  async answer(
    id: string,
    change: string,
    offer: string,
    answer: string,
    conversation: string,
  ): Promise<void> {
    const path = pathOf(id, `/offers/${encodeURIComponent(offer)}`);
    await this.#call({ method: 'POST', path, body: { change, answer, conversation } });
    const pop = this.#all[id];
    if (pop?.known) {
      const offers = pop.known.offers.filter((one) => one.offer !== offer);
      this.#keep(id, { ...pop, known: { ...pop.known, offers } });
    }
    this.#follow(id);
  }

  #follow(id: string): void {
    for (const pause of WRITTEN) setTimeout(() => void this.again(id), pause);
  }

  #keep(id: string, pop: Pop): void {
    const others = Object.entries(this.#all).filter(([one]) => one !== id);
    this.#all = { ...Object.fromEntries(others.slice(-KEPT + 1)), [id]: pop };
    this.#set(this.#all);
  }
}

function stateOf(error: unknown): Pop['state'] {
  if (!(error instanceof ApiError) || error.status !== 404) return 'failed';
  return error.reason === 'no_such_customer' ? 'unknown' : 'missing';
}

/** A customer as the center will tell of them once its view has followed. */
export function changed(customer: Customer, change: Change): Customer {
  const fields = { ...customer.fields, ...change.fields };
  const same = (a: { kind: string; value: string }) => (b: { kind: string; value: string }) =>
    a.kind === b.kind && a.value === b.value;
  const kept = customer.identities.filter((one) => !change.withdrawn?.some(same(one)));
  const added = (change.identities ?? []).map((one) => ({ ...one, verified: false }));
  const told = change.consents ?? [];
  const untold = customer.consents.filter(
    (one) => !told.some((word) => word.purpose === one.purpose && word.channel === one.channel),
  );
  return {
    ...customer,
    fields,
    masked: customer.masked.filter((field) => change.fields?.[field] === undefined),
    identities: [...kept, ...added],
    consents: [...untold, ...told],
    kind: change.kind ?? customer.kind,
    thin: customer.thin && !fields.name,
  };
}
