import {
  ApiError,
  type Command,
  Connection,
  download,
  type Effect,
  emptyThread,
  type FormName,
  type FormValues,
  fetchSites,
  type Language,
  newCustomer,
  outboxStore,
  parseForm,
  pendingAnswer,
  type Site,
  Uploads,
  unread,
  upload,
  uuid,
  withAnswer,
  withEvent,
  withoutPending,
  withPending,
} from '@madoguchi/shared';
import * as calls from './calls.ts';
import { callbackFault } from './faults.ts';
import { memory, OUTBOX, type Remembered } from './memory.ts';
import type { Before, SessionSettings, View } from './model.ts';
import type { Text } from './texts.ts';

export type { View } from './model.ts';

/** A typing sign is shown for so long, in ms, unless it is renewed. */
const TYPING_SHOWN = 3_500;
/** Receipts of events that come together are sent as one, after so long in ms. */
const RECEIPT_WAIT = 80;

/** The company's look and questions are asked for so often, so long apart in ms, while no site answers. */
const THEME_TRIES = 10;
const THEME_AGAIN = 2_000;

/** What belongs to one conversation alone. */
const FRESH = { notice: null, unread: 0, place: null, link: 'none', rated: false } as const;

/** The widget's whole state; views subscribe to it. */
export class Session {
  readonly #settings: SessionSettings;
  readonly uploads = new Uploads(
    (what) => upload(this.#sites(), this.#must().token, what),
    (uploads) => this.#set({ uploads }),
  );
  readonly #listeners = new Set<() => void>();
  #view: View;
  #connection: Connection | null = null;
  #remembered: Remembered | null = null;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #receiptTimer: ReturnType<typeof setTimeout> | undefined;
  #looking = false;

  constructor(settings: SessionSettings) {
    this.#settings = settings;
    this.#view = {
      screen: 'start',
      starting: false,
      notice: null,
      thread: null,
      status: null,
      agentTyping: false,
      language: settings.language,
      unread: 0,
      theme: memory.theme(),
      place: null,
      uploads: [],
      link: 'none',
      rated: false,
    };
    document.addEventListener('visibilitychange', () => this.#markRead());
    const remembered = memory.session();
    if (remembered) this.#adopt(remembered).watch(remembered.conversation, 0);
    void this.#learnSites();
    void this.#learnTheme();
  }

  get view(): View {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(change: Partial<View>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** This page's site first, then every other one that was ever learnt. */
  #sites(): Site[] {
    const { home } = this.#settings;
    const known = memory.sites();
    const named = known.find((s) => s.url === home.url) ?? home;
    return [named, ...known.filter((s) => s.url !== home.url)];
  }

  async #learnSites(): Promise<void> {
    try {
      memory.keepSites((await fetchSites(this.#sites())).sites);
    } catch {
      // No site answers yet: `welcome` brings the list as well.
    }
  }

  async #learnTheme(tries = THEME_TRIES): Promise<void> {
    try {
      const theme = await calls.theme(this.#sites());
      memory.keepTheme(theme);
      this.#set({ theme });
    } catch (error) {
      // An older center, or none that answers: the look of before stays. Who begins must see what is asked: try on.
      const later = !(error instanceof ApiError) || error.status === 0 || error.status >= 500;
      if (later && tries > 1) setTimeout(() => void this.#learnTheme(tries - 1), THEME_AGAIN);
    }
  }

  /** Begins a conversation with its first message. False when no site could be reached. */
  async begin({ name, text, reason, answers }: Before): Promise<boolean> {
    if (this.#view.starting) return false;
    this.#set({ starting: true, notice: null });
    try {
      const known = this.#remembered;
      const { token, customer_id } = known
        ? { token: known.token, customer_id: known.customer }
        : await newCustomer(this.#sites());
      const conversation = uuid();
      const connection = this.#adopt({ token, customer: customer_id, conversation });
      const led = this.#view.theme?.reasons.find((one) => one.id === reason)?.queue;
      this.#send({
        ...{ type: 'open', ref: uuid(), conversation, queue: led || this.#settings.queue },
        ...(name === '' ? {} : { name }),
        ...(reason === '' ? {} : { reason }),
        ...(Object.keys(answers).length === 0 ? {} : { answers }),
      });
      this.post(text);
      connection.watch(conversation, 0);
      return true;
    } catch (error) {
      const many = error instanceof ApiError && error.status === 429;
      this.#set({ notice: many ? 'tooMany' : 'startFailed' });
      return false;
    } finally {
      this.#set({ starting: false });
    }
  }

  /**
   * Hands the unsent beginning over by HTTP, where a network lets no socket through. The ids are those of the outbox, so
   * nothing is stored twice when the socket comes after all.
   */
  async leaveMessage(): Promise<boolean> {
    const { conversation, token } = this.#must();
    const frames = (this.#connection?.outbox() ?? []).map((entry) => entry.frame);
    const open = frames.find((f) => f.type === 'open' && f.conversation === conversation);
    const post = frames.find((f) => f.type === 'post' && f.conversation === conversation);
    if (open?.type !== 'open' || post?.type !== 'post') return false;
    try {
      await calls.leave(this.#sites(), token, open, post, this.#view.language);
      this.#onAnswer(post, null);
      return true;
    } catch {
      return false;
    }
  }

  /** Goes on with a conversation that another device began. */
  async resume(code: string): Promise<void> {
    try {
      const { token, customer_id, conversation } = await calls.resume(this.#sites(), code);
      this.#connection?.stop();
      this.#connection = null;
      outboxStore(localStorage, OUTBOX).clear();
      this.#adopt({ token, customer: customer_id, conversation }).watch(conversation, 0);
    } catch (error) {
      const over = error instanceof ApiError && error.status >= 400 && error.status < 500;
      this.#set({ notice: over ? 'linkOver' : 'startFailed' });
    }
  }

  /** Asks for a link with which another device goes on. */
  async askLink(): Promise<void> {
    const { token, conversation } = this.#must();
    this.#set({ link: 'asked' });
    try {
      this.#set({ link: { url: (await calls.resumeLink(this.#sites(), token, conversation)).url } });
    } catch {
      this.#set({ link: 'failed' });
    }
  }

  /** Asks to be called back instead of waiting here; says what went wrong, if anything did. */
  async askCallback(message: string, phone: string, at: number): Promise<Text | null> {
    const { token, conversation } = this.#must();
    try {
      await calls.askCallback(this.#sites(), token, conversation, { message, phone, at });
      return null;
    } catch (error) {
      return callbackFault(error);
    }
  }

  async cancelCallback(): Promise<Text | null> {
    const { token, conversation } = this.#must();
    try {
      await calls.cancelCallback(this.#sites(), token, conversation);
      return null;
    } catch (error) {
      return callbackFault(error);
    }
  }

  forgetLink(): void {
    this.#set({ link: 'none' });
  }

  rate(score: number, comment: string): void {
    const { conversation } = this.#must();
    this.#send({ type: 'rate', ref: uuid(), conversation, score, comment });
    this.#set({ rated: true });
  }

  file(file: string): Promise<Blob> {
    const { token, conversation } = this.#must();
    return download(this.#sites(), token, conversation, file);
  }

  #must(): Remembered {
    if (!this.#remembered) throw new Error('no conversation has begun');
    return this.#remembered;
  }

  /** Makes this the conversation on the screen, with what an earlier page left unsent. */
  #adopt(remembered: Remembered): Connection {
    this.#remembered = remembered;
    memory.keepSession(remembered);
    const connection = this.#connection ?? this.#connect(remembered.token);
    let thread = emptyThread(remembered.conversation);
    for (const { frame } of connection.outbox())
      if (frame.type === 'post' && frame.conversation === remembered.conversation)
        thread = withPending(thread, frame, Date.now());
    this.#set({ ...FRESH, screen: 'thread', thread });
    return connection;
  }

  #connect(token: string): Connection {
    const connection = new Connection({
      token,
      language: this.#view.language,
      sites: this.#sites(),
      store: outboxStore(localStorage, OUTBOX),
      onEffect: (effect) => this.#onEffect(effect),
    });
    this.#connection = connection;
    connection.start();
    return connection;
  }

  #send(frame: Command): void {
    const thread = this.#view.thread;
    if (thread) this.#set({ thread: withPending(thread, frame, Date.now()) });
    this.#connection?.send(frame);
  }

  post(text: string): void {
    const { conversation } = this.#must();
    this.#send({ type: 'post', ref: uuid(), conversation, message: uuid(), text });
  }

  /** Sends a form that was filled in; `offer`: number of the event that offered it, 0: by themselves. */
  fill(form: FormName, values: FormValues, offer: number): void {
    const { conversation } = this.#must();
    const { thread } = this.#view;
    const before = thread && offer > 0 ? pendingAnswer(thread, offer) : null;
    // One answer is under way already, or stored and not shown yet.
    if (before && before.state !== 'refused') return;
    if (before) this.takeBack(before.message);
    memory.keepForm(conversation, offer, null);
    const post = { type: 'post', ref: uuid(), conversation, message: uuid() } as const;
    this.#send({ ...post, text: JSON.stringify(values), form: { form, filled: true, offer } });
  }

  /** Takes a refused message out of the thread; gives its text back. */
  takeBack(message: string): string {
    const thread = this.#view.thread;
    const pending = thread?.pending.find((p) => p.message === message);
    if (thread) this.#set({ thread: withoutPending(thread, message) });
    return pending?.text ?? '';
  }

  typing(): void {
    if (this.#remembered) this.#connection?.typing(this.#remembered.conversation);
  }

  end(): void {
    const { conversation } = this.#must();
    this.#send({ type: 'close', ref: uuid(), conversation });
  }

  /** Back to the start; the customer stays the same one. */
  another(): void {
    if (this.#remembered) this.#connection?.unwatch(this.#remembered.conversation);
    this.#set({ ...FRESH, screen: 'start', thread: null });
  }

  setLanguage(language: Language): void {
    memory.keepLanguage(language);
    this.#connection?.language(language);
    this.#set({ language });
  }

  /** Whether the thread is on the screen. */
  look(looking: boolean): void {
    this.#looking = looking;
    this.#markRead();
  }

  #markRead(): void {
    const { thread } = this.#view;
    if (!thread || thread.last === 0) return;
    const reads = this.#looking && document.visibilityState === 'visible';
    if (reads && unread(thread, 'agent', thread.customer.read) > 0)
      this.#connection?.receipt('read', thread.conversation, thread.last);
    this.#set({ unread: reads ? 0 : unread(thread, 'agent', thread.customer.read) });
  }

  #onEffect(effect: Effect): void {
    switch (effect.kind) {
      case 'changed':
        return this.#set({ status: this.#connection?.status() ?? null });
      case 'welcome':
        return memory.keepSites(effect.frame.sites);
      case 'event':
        return this.#onEvent(effect);
      case 'answered':
        return this.#onAnswer(effect.frame, null);
      case 'refused':
        return this.#onAnswer(effect.frame, effect.reason);
      case 'typing':
        if (effect.conversation === this.#remembered?.conversation && effect.by.kind === 'agent')
          this.#onTyping();
        return;
      case 'place':
        if (effect.place.conversation === this.#remembered?.conversation) this.#set({ place: effect.place });
        return;
      case 'watchRefused':
        if (effect.conversation === this.#remembered?.conversation) this.#forget();
        return;
      case 'signedOut':
        return this.#forget();
      default:
    }
  }

  #onEvent({ conversation, event }: Extract<Effect, { kind: 'event' }>): void {
    const { thread } = this.#view;
    if (!thread || thread.conversation !== conversation) return;
    const said = event.what === 'message' || event.what === 'file';
    const fromAgent = said && event.by.kind === 'agent';
    if (event.what === 'file') this.uploads.drop(event.message);
    const waits = event.what !== 'assigned' && event.what !== 'closed';
    this.#set({
      thread: withEvent(thread, event),
      ...(waits ? {} : { place: null }),
      ...(event.what === 'reopened' ? { rated: false } : {}),
      ...(fromAgent ? { agentTyping: false } : {}),
    });
    if (fromAgent) this.#receiptsSoon(conversation);
  }

  /** Messages that come together are answered by one receipt. */
  #receiptsSoon(conversation: string): void {
    if (this.#receiptTimer !== undefined) return;
    this.#receiptTimer = setTimeout(() => {
      this.#receiptTimer = undefined;
      const { thread } = this.#view;
      if (!thread || thread.conversation !== conversation) return;
      if (unread(thread, 'agent', thread.customer.delivered) > 0)
        this.#connection?.receipt('delivered', conversation, thread.last);
      this.#markRead();
    }, RECEIPT_WAIT);
  }

  #onAnswer(frame: Command, refused: string | null): void {
    const { thread } = this.#view;
    if (frame.type === 'post' && thread?.conversation === frame.conversation)
      this.#set({ thread: withAnswer(thread, frame.message, refused) });
    // It may be put right after a reload as well.
    if (frame.type === 'post' && frame.form && refused !== null && refused !== 'form_done')
      memory.keepForm(frame.conversation, frame.form.offer, parseForm(frame.text));
    if (frame.type === 'rate' && refused !== null) this.#set({ rated: false });
    if (frame.type === 'open' && refused !== null) {
      this.another();
      this.#set({ notice: 'startFailed' });
    }
  }

  #onTyping(): void {
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => this.#set({ agentTyping: false }), TYPING_SHOWN);
    this.#set({ agentTyping: true });
  }

  /** The center knows neither token nor conversation any more. */
  #forget(): void {
    this.#connection?.stop();
    this.#connection = null;
    this.#remembered = null;
    outboxStore(localStorage, OUTBOX).clear();
    memory.keepSession(null);
    this.#set({ ...FRESH, screen: 'start', thread: null, status: null, notice: 'expired' });
  }
}
