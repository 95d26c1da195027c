import {
  ApiError,
  type Command,
  Connection,
  type Effect,
  emptyThread,
  fetchSites,
  type Language,
  newCustomer,
  outboxStore,
  type Site,
  type Status,
  type Thread,
  unread,
  uuid,
  withAnswer,
  withEvent,
  withoutPending,
  withPending,
} from '@madoguchi/shared';
import { memory, OUTBOX, type Remembered } from './memory.ts';
import type { Text } from './texts.ts';

/** A typing sign is shown for so long, in ms, unless it is renewed. */
const TYPING_SHOWN = 3_500;
/** Receipts of events that come together are sent as one, after so long in ms. */
const RECEIPT_WAIT = 80;

export interface View {
  screen: 'start' | 'thread';
  starting: boolean;
  notice: Text | null;
  thread: Thread | null;
  status: Status | null;
  agentTyping: boolean;
  language: Language;
  unread: number;
}

export interface SessionSettings {
  /** The site that the page or the script came from. */
  home: Site;
  queue: string;
  language: Language;
}

/** The widget's whole state; views subscribe to it. */
export class Session {
  readonly #settings: SessionSettings;
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
    };
    document.addEventListener('visibilitychange', () => this.#markRead());
    const remembered = memory.session();
    if (remembered) this.#adopt(remembered).watch(remembered.conversation, 0);
    void this.#learnSites();
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

  /** Begins a conversation with its first message. False when no site could be reached. */
  async begin(name: string, text: string): Promise<boolean> {
    if (this.#view.starting) return false;
    this.#set({ starting: true, notice: null });
    try {
      const known = this.#remembered;
      const { token, customer_id } = known
        ? { token: known.token, customer_id: known.customer }
        : await newCustomer(this.#sites());
      const conversation = uuid();
      const connection = this.#adopt({ token, customer: customer_id, conversation });
      const open = { type: 'open', ref: uuid(), conversation, queue: this.#settings.queue } as const;
      this.#send(name === '' ? open : { ...open, name });
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
    this.#set({ screen: 'thread', thread, notice: null, unread: 0 });
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
    this.#set({ screen: 'start', thread: null, notice: null, unread: 0 });
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
    const fromAgent = event.what === 'message' && event.by.kind === 'agent';
    this.#set({
      thread: withEvent(thread, event),
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
    this.#set({ screen: 'start', thread: null, status: null, notice: 'expired', unread: 0 });
  }
}
