import type { Choice, Request } from '@madoguchi/shared';
import { isMissing } from '../store/office.ts';
import type { Floor, FloorAgent, FloorContact, FloorQueue, QueueRules, Skill, Why } from './types.ts';

/** The floor is asked for again so long after an answer, in ms: a person reads no faster. */
const EVERY = 1_500;
const CONTACTS = 200;

export interface FloorView {
  floor: Floor | null;
  /** When the figures were true, ms; they stay on the screen while no site answers. */
  at: number;
  failed: boolean;
}

type Call = <T>(request: Request) => Promise<T>;

/** The live picture of the floor, and what a supervisor changes on it. */
export class FloorStore {
  readonly #call: Call;
  readonly #listeners = new Set<() => void>();
  #view: FloorView = { floor: null, at: 0, failed: false };
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;

  constructor(call: Call) {
    this.#call = call;
  }

  readonly view = (): FloorView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    if (this.#running) return;
    this.#running = true;
    void this.refresh();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** Asks now; an answer that comes after a later question is dropped with it. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    try {
      const floor = await this.#call<Floor>({ path: `/api/v1/floor?limit=${CONTACTS}` });
      this.#set({ floor, at: Date.now(), failed: false });
    } catch {
      this.#set({ ...this.#view, failed: true });
    }
    clearTimeout(this.#timer);
    if (this.#running) this.#timer = setTimeout(() => void this.refresh(), EVERY);
  }

  #set(view: FloorView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }

  /** `null` when this center does not keep the answer. */
  async why(contact: string): Promise<Why | null> {
    try {
      return await this.#call<Why>({ path: `/api/v1/floor/contacts/${encodeURIComponent(contact)}/why` });
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async force(agent: string, availability: Choice, reason: string): Promise<void> {
    const path = `/api/v1/agents/${encodeURIComponent(agent)}/availability`;
    await this.#call({ method: 'POST', path, body: { availability, reason } });
    await this.refresh();
  }

  async putAgent(agent: FloorAgent): Promise<void> {
    await this.#put(agent);
    await this.refresh();
  }

  async #put(agent: FloorAgent): Promise<void> {
    const { id, name, unit = '', skills, reserved_for = [] } = agent;
    const body = { name, unit, skills, capacities: capacitiesOf(agent), reserved_for };
    await this.#call({ method: 'PUT', path: `/api/v1/agents/${encodeURIComponent(id)}`, body });
  }

  /** Changes several agents in one go: one after the other, so that a refusal names where it stopped. */
  async move(agents: readonly FloorAgent[], move: Move): Promise<void> {
    try {
      for (const agent of agents) await this.#put(moved(agent, move));
    } finally {
      await this.refresh();
    }
  }
}

/** What several agents get or lose at once. */
export interface Move {
  unit?: string;
  add?: Skill;
  remove?: string;
}

export function moved(agent: FloorAgent, { unit, add, remove }: Move): FloorAgent {
  const kept = agent.skills.filter((skill) => skill.name !== remove && skill.name !== add?.name);
  const skills = add ? [...kept, add] : kept;
  return { ...agent, skills, ...(unit === undefined ? {} : { unit }) };
}

/** Capacities; of a center that knows chats alone, the one limit. */
export const capacitiesOf = (agent: FloorAgent) =>
  agent.capacities ?? [{ channel: 'chat', limit: agent.limit ?? 1, weight: 1 }];

/** The conversation of a contact: older centers say it only in the contact's name. */
export const conversationOf = (contact: FloorContact): string =>
  contact.conversation || contact.contact.replace(/\.\d+$/, '');

const RULES: ReadonlySet<string> = new Set<keyof QueueRules>([
  'queue',
  'name',
  'channel',
  'skills',
  'priority',
  'offer_timeout_ms',
  'target_ms',
  'calendar',
  'overflow',
  'max_wait_ms',
  'on_limit_queue',
  'after_work_ms',
]);

/** A queue without its figures, those of newer centers too: the center refuses what is no rule. */
export function rulesOf(queue: FloorQueue): QueueRules {
  const rules = Object.entries(queue).filter(([key]) => RULES.has(key));
  return Object.fromEntries(rules) as unknown as QueueRules;
}

/** Past its target, or closed with somebody waiting: what a supervisor must see first. */
export const isLate = (queue: FloorQueue): boolean =>
  queue.waiting > 0 &&
  (queue.open === false || (queue.longest_wait_ms ?? 0) > (queue.target_ms || Number.POSITIVE_INFINITY));

/** Trouble first, then the longest wait, then by name. */
export function byNeed(queues: readonly FloorQueue[]): FloorQueue[] {
  return [...queues].sort(
    (a, b) =>
      Number(isLate(b)) - Number(isLate(a)) ||
      (b.longest_wait_ms ?? 0) - (a.longest_wait_ms ?? 0) ||
      a.queue.localeCompare(b.queue),
  );
}
