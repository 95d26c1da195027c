import {
  type AgentState,
  ApiError,
  type Call,
  type CallDeed,
  type CallOrder,
  type CallTarget,
  type Effect as ConnectionEffect,
  type Quality,
  type Request,
  type Site,
  type Supervision,
  uuid,
} from '@madoguchi/shared';
import { isMine, isOver, legOf, ringsFor } from './calls.ts';
import { type Effect, type Input, PhoneCore, type Phone as PhoneState } from './core.ts';
import { Ringer } from './ringer.ts';
import type { Sound } from './sound.ts';
import { Turns } from './turns.ts';

/** The link's quality is looked at so often, in ms. */
const QUALITY_EVERY = 2_000;
/** A deed that no site carried out is asked for again after these waits, in ms; its id keeps it from happening twice. */
const DEED_WAITS = [300, 800, 2_000, 4_000];
/** One site is given so long, in ms, to begin a call. */
const DIAL_PATIENCE = 5_000;
/** One site's answer to a join is waited for so long, in ms. */
const JOIN_PATIENCE = 4_000;

export interface PhoneView {
  phone: PhoneState;
  /** Living calls that the person takes part in, asked to or already. */
  calls: Readonly<Record<string, Call>>;
  muted: boolean;
  /** Measured by this browser. */
  quality: Quality | null;
  /** The browser wants the person to do something on the page before it lets anything be heard. */
  silenced: boolean;
  /** Deeds that have no answer yet. */
  doing: ReadonlySet<CallDeed>;
  /** A call that was not begun, because its number is on the do-not-call list: the person may have it dialled even so. */
  barred: Dialling | null;
}

/** A number that a person calls. */
export interface Dialling {
  to: string;
  /** The queue that it counts for; empty: the center's. */
  queue: string;
  /** The conversation in which it is dialled; empty: the call becomes a conversation of its own. */
  conversation: string;
}

/** What the softphone needs of the desk. */
export interface Center {
  call<T>(request: Request, sites?: readonly Site[]): Promise<T>;
  sites(): Site[];
  tell(reason: string, good: boolean): void;
  /** `sound`: whether the person wants to hear it ring. */
  view(): { preferences: { sound: boolean } };
}

const path = (call: string, what = '') => `/api/v1/calls/${encodeURIComponent(call)}${what}`;
const idle = new PhoneCore('').phone();
const EMPTY: PhoneView = {
  phone: idle,
  calls: {},
  muted: false,
  quality: null,
  silenced: false,
  doing: new Set(),
  barred: null,
};

/** The softphone: `PhoneCore` with a browser, a clock and the center. */
export class Phone {
  readonly #center: Center;
  readonly #newSound: () => Sound;
  readonly #ringer = new Ringer();
  readonly #listeners = new Set<() => void>();
  readonly #wake = () => this.#step({ kind: 'wake' });
  #view: PhoneView = EMPTY;
  #core: PhoneCore | null = null;
  #sound: Sound | null = null;
  #me = '';
  #offered = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;
  /** For digits, and for joins of each site: a gateway keeps to the link that it is asked for last. */
  readonly #turns = new Turns();
  #newest = 0;

  constructor(center: Center, newSound: () => Sound) {
    this.#center = center;
    this.#newSound = newSound;
  }

  readonly view = (): PhoneView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(change: Partial<PhoneView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** Account of the signed-in person. */
  get me(): string {
    return this.#me;
  }

  start(me: string): void {
    this.#me = me;
    this.#core = new PhoneCore(me);
    globalThis.addEventListener('online', this.#wake);
  }

  stop(): void {
    this.#step({ kind: 'stop' });
    globalThis.removeEventListener('online', this.#wake);
    this.#core = null;
    this.#offered = false;
    this.#ringer.set(false);
    this.#set(EMPTY);
  }

  /** What the desk's connection heard. */
  hear(effect: ConnectionEffect): void {
    if (effect.kind === 'welcome') {
      this.#step({ kind: 'site', name: effect.frame.site });
      void this.#load();
    }
    if (effect.kind === 'call') this.#take(effect.call);
    if (effect.kind === 'agent') this.#onAgent(effect.state);
  }

  #onAgent(agent: AgentState): void {
    this.#offered = agent.offers.some((offer) => offer.channel === 'voice');
    this.#ring();
  }

  /** Frames tell changes alone: what stood before is asked for. */
  async #load(): Promise<void> {
    try {
      const { calls } = await this.#center.call<{ calls: Call[] }>({ path: '/api/v1/calls?live=1' });
      for (const known of Object.keys(this.#view.calls))
        if (known !== this.#view.phone.call && !calls.some((call) => call.call === known))
          this.#forget(known);
      for (const call of calls) this.#take(call);
    } catch {
      // A center without telephones, or none that answers: the next welcome asks again.
    }
  }

  #take(call: Call): void {
    const own = isMine(call, this.#me) || (call.call === this.#view.phone.call && !isOver(call));
    if (own) this.#set({ calls: { ...this.#view.calls, [call.call]: call } });
    this.#step({ kind: 'call', call });
    if (!own) this.#forget(call.call);
    this.#ring();
  }

  #forget(call: string): void {
    const { [call]: gone, ...calls } = this.#view.calls;
    if (gone) this.#set({ calls });
  }

  #ring(): void {
    const asked = Object.values(this.#view.calls).some((call) => ringsFor(call, this.#me));
    const { phase } = this.#view.phone;
    const talking = phase === 'connected' || phase === 'reconnecting';
    this.#ringer.set((this.#offered || asked) && !talking && this.#center.view().preferences.sound);
  }

  #step(input: Input): void {
    const core = this.#core;
    if (!core) return;
    const effects = core.step(input, Date.now());
    const phone = core.phone();
    if (phone !== this.#view.phone) this.#set({ phone });
    for (const effect of effects) this.#carryOut(effect);
    this.#arm(core);
    this.#ring();
    this.#look(phone.phase === 'connected');
  }

  #arm(core: PhoneCore): void {
    clearTimeout(this.#timer);
    const deadline = core.deadline();
    if (deadline === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => this.#step({ kind: 'timer' }), Math.max(0, deadline - Date.now()));
  }

  #look(on: boolean): void {
    if (on === (this.#looking !== undefined)) return;
    clearInterval(this.#looking);
    this.#looking = undefined;
    if (!on) return;
    const look = () =>
      this.#sound?.quality().then(
        (quality) => this.#set({ quality }),
        () => {},
      );
    this.#looking = setInterval(() => void look(), QUALITY_EVERY);
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'askMicrophone':
        return void this.#ask();
      case 'join':
        return void this.#join(effect.call, effect.attempt);
      case 'keepOnly':
        this.#sound?.keepOnly(effect.attempt);
        return this.play();
      case 'drop':
        return this.#sound?.drop(effect.attempt);
      case 'release':
        this.#sound?.release();
        return this.#set({ muted: false, quality: null, silenced: false });
      case 'hangUp':
        return void this.#leave(effect.call);
    }
  }

  async #ask(): Promise<void> {
    this.#sound ??= this.#newSound();
    const problem = await this.#sound.openMicrophone();
    // The call may have ended while the person was asked.
    if (this.#view.phone.phase !== 'asking') return this.#sound.release();
    this.#step({ kind: 'microphone', problem });
  }

  async #join(call: string, attempt: number): Promise<void> {
    const sites = this.#center.sites();
    // One site each try: a slow site must not carry an old try out after a newer one.
    const site = sites[this.#view.phone.tries % Math.max(1, sites.length)];
    this.#newest = attempt;
    try {
      await this.#sound?.join(attempt, {
        onState: (state) => this.#step({ kind: 'link', attempt, state }),
        exchange: (sdp) =>
          this.#turns.take(`join ${site?.name}`, () => this.#exchange(call, attempt, sdp, site)),
      });
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      const final = status >= 400 && status < 500 && status !== 429;
      const reason = error instanceof ApiError ? error.reason : 'no_sound';
      this.#step({ kind: 'refused', attempt, reason, final });
    }
  }

  async #exchange(call: string, attempt: number, sdp: string, site: Site | undefined): Promise<string> {
    const { phase } = this.#view.phone;
    const wanted = attempt === this.#newest && (phase === 'joining' || phase === 'reconnecting');
    if (!wanted) throw new Error('a newer try took its place, or the call is over');
    const request = {
      method: 'POST',
      path: path(call, '/join'),
      body: { sdp },
      patience: JOIN_PATIENCE,
    } as const;
    return (await this.#center.call<{ sdp: string }>(request, site ? [site] : [])).sdp;
  }

  /** Lets the customer be heard; from a button when the browser asked for one. */
  play(): void {
    void this.#sound?.play().then((heard) => this.#set({ silenced: !heard }));
  }

  devicesChanged(): void {
    void this.#sound?.changeDevices();
  }

  mute(muted: boolean): void {
    this.#sound?.mute(muted);
    this.#set({ muted });
  }

  /** Goes into a call: the first time, or again after something was in the way. */
  join(call: string): void {
    this.#step({ kind: 'want', call });
  }

  hangUp(): void {
    this.#step({ kind: 'hangUp' });
  }

  dismiss(): void {
    this.#step({ kind: 'dismiss' });
  }

  /** Calls a number; the person's own leg comes first. */
  dial(to: string, queue = '', conversation = ''): Promise<boolean> {
    return this.#dial({ to, queue, conversation }, false);
  }

  /** Calls the number that was not called, or lets it be. The center notes that it was. */
  async dialEvenSo(yes: boolean): Promise<void> {
    const { barred } = this.#view;
    this.#set({ barred: null });
    if (yes && barred) await this.#dial(barred, true);
  }

  /** The call's id is made here, so that two sites dial once. */
  async #dial(dialling: Dialling, evenSo: boolean): Promise<boolean> {
    const { to, queue, conversation } = dialling;
    const body = {
      to,
      call: uuid(),
      ...(queue === '' ? {} : { queue }),
      ...(conversation === '' ? {} : { conversation }),
      ...(evenSo ? { even_so: true } : {}),
    };
    try {
      await this.#insist({ method: 'POST', path: '/api/v1/calls', body, patience: DIAL_PATIENCE });
      this.join(body.call);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'do_not_call') this.#set({ barred: dialling });
      else this.#complain(error);
      return false;
    }
  }

  async supervise(call: string, how: Supervision): Promise<void> {
    if ((await this.do(call, how)) && this.#view.phone.call !== call) this.join(call);
  }

  /** Becomes the one who has the call. */
  async takeOver(call: string): Promise<void> {
    if ((await this.do(call, 'takeover')) && this.#view.phone.call !== call) this.join(call);
  }

  #leave(call: string): Promise<boolean> {
    const known = this.#view.calls[call];
    const listens = known && legOf(known, this.#me)?.kind === 'supervisor' && known.agent !== this.#me;
    return this.do(call, listens ? 'stop_supervising' : 'hangup');
  }

  /** Digits go out in the order in which they were pressed. */
  press(call: string, digits: string): void {
    void this.#turns.take('digits', () => this.do(call, 'digits', { digits }));
  }

  /** True when the center has carried it out. */
  async do(
    call: string,
    deed: CallDeed,
    more: { digits?: string; to?: CallTarget; summary?: string } = {},
  ): Promise<boolean> {
    const body: CallOrder = { do: deed, id: uuid(), ...more };
    this.#set({ doing: new Set([...this.#view.doing, deed]) });
    try {
      await this.#insist({ method: 'POST', path: path(call, '/do'), body });
      return true;
    } catch (error) {
      this.#complain(error);
      return false;
    } finally {
      this.#set({ doing: new Set([...this.#view.doing].filter((one) => one !== deed)) });
    }
  }

  async #insist(request: Request): Promise<void> {
    for (const wait of DEED_WAITS) {
      try {
        return await this.#center.call<void>(request);
      } catch (error) {
        const status = error instanceof ApiError ? error.status : 0;
        if (status >= 400 && status < 500 && status !== 429) throw error;
        await new Promise((resume) => setTimeout(resume, wait));
      }
    }
    return this.#center.call<void>(request);
  }

  #complain(error: unknown): void {
    this.#center.tell(error instanceof ApiError ? error.reason : 'internal', false);
  }
}
