import { ApiError, type Availability, type Request, type Theme } from '@madoguchi/shared';
import type { Canned } from '../core/canned.ts';
import type { Macro } from '../core/macro.ts';
import { type CompanyWords, NO_WORDS } from './words.ts';

export interface Named {
  id: string;
  ja: string;
  en: string;
}

/** A wrap-up code; `parent` groups them. */
export interface Code extends Named {
  parent?: string;
}

/** A segment as far as its name goes. */
export interface SegmentName {
  segment: string;
  name: { ja: string; en: string };
}

export interface Colleague {
  id: string;
  name: string;
  unit?: string;
  availability: Availability;
}

export interface QueueState {
  queue: string;
  name?: string;
  open?: boolean;
  waiting: number;
  expected_wait_ms?: number;
}

/** A list of the center's; `missing` when this center has no such thing. */
export interface Loaded<T> {
  state: 'loading' | 'ready' | 'missing' | 'failed';
  list: readonly T[];
}

/** What the whole office shares: ready-made texts, codes, colleagues. */
export interface OfficeView {
  canned: Loaded<Canned>;
  macros: Loaded<Macro>;
  codes: Loaded<Code>;
  reasons: Loaded<Named>;
  agents: Loaded<Colleague>;
  queues: Loaded<QueueState>;
  segments: Loaded<SegmentName>;
  /** The company's reasons and questions; `null` where the center has none. */
  theme: Theme | null;
  /** The company's own words; none where it has none. */
  words: CompanyWords;
}

const none = { state: 'loading', list: [] } as const;
export const emptyOffice: OfficeView = {
  canned: none,
  macros: none,
  codes: none,
  reasons: none,
  agents: none,
  queues: none,
  segments: none,
  theme: null,
  words: NO_WORDS,
};

export type Shelf = Exclude<keyof OfficeView, 'theme' | 'words'>;
const SHELVES: readonly Shelf[] = ['canned', 'macros', 'codes', 'reasons', 'agents', 'queues', 'segments'];

/** The list in an answer: the answer itself, or its one array. */
export function listOf<T>(answer: unknown): T[] {
  if (Array.isArray(answer)) return answer as T[];
  if (typeof answer !== 'object' || answer === null) return [];
  return (Object.values(answer).find(Array.isArray) as T[] | undefined) ?? [];
}

/** Whether a center that is older than this page answered. */
export const isMissing = (error: unknown): boolean =>
  error instanceof ApiError && (error.status === 404 || error.status === 405 || error.status === 501);

export class Office {
  readonly #call: (request: Request) => Promise<unknown>;
  readonly #set: (view: OfficeView) => void;
  #view: OfficeView = emptyOffice;

  constructor(call: (request: Request) => Promise<unknown>, set: (view: OfficeView) => void) {
    this.#call = call;
    this.#set = set;
  }

  /** Asks for all lists, or for those that are named. What could not be had keeps its earlier list. */
  async load(shelves: readonly Shelf[] = SHELVES): Promise<void> {
    const words = shelves === SHELVES ? [this.loadWords()] : [];
    await Promise.all([...shelves.map((shelf) => this.#loadOne(shelf)), this.#loadTheme(), ...words]);
  }

  /** Asks for the company's own words. */
  async loadWords(): Promise<void> {
    try {
      const words = (await this.#call({ path: '/api/v1/words' })) as CompanyWords;
      this.#view = { ...this.#view, words };
      this.#set(this.#view);
    } catch {
      // Words are shown as they are.
    }
  }

  async #loadTheme(): Promise<void> {
    try {
      const theme = (await this.#call({ path: '/api/v1/theme' })) as Theme;
      this.#view = { ...this.#view, theme };
      this.#set(this.#view);
    } catch {
      // Reasons and answers are shown by their codes.
    }
  }

  async #loadOne(shelf: Shelf): Promise<void> {
    try {
      this.#keep(shelf, { state: 'ready', list: listOf(await this.#call({ path: `/api/v1/${shelf}` })) });
    } catch (error) {
      const state = isMissing(error) ? 'missing' : 'failed';
      this.#keep(shelf, { state, list: this.#view[shelf].list });
    }
  }

  #keep(shelf: Shelf, loaded: Loaded<unknown>): void {
    this.#view = { ...this.#view, [shelf]: loaded };
    this.#set(this.#view);
  }
}
