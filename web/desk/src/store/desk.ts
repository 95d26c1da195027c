import {
  type AgentState,
  ApiError,
  type Choice,
  type Command,
  Connection,
  call,
  conversations,
  download,
  type Effect,
  emptyThread,
  fetchBlob,
  fetchSites,
  languageOf,
  type NoticeCard,
  type Offer,
  outboxStore,
  type Request,
  type Site,
  type Summary,
  signIn,
  type Thread,
  translator,
  Uploads,
  unread,
  upload,
  uuid,
  withAnswer,
  withEvent,
  withoutPending,
  withPending,
} from '@madoguchi/shared';
import { Book } from '../customer/book.ts';
import type { Returning } from '../forms/core.ts';
import { TEXTS } from '../texts.ts';
import { Phone } from '../voice/phone.ts';
import { BrowserSound } from '../voice/sound.ts';
import { Alerts } from './alerts.ts';
import { Commands, type WrapUp } from './commands.ts';
import { freshPreferences, memory, type Preferences, type SignedInAs } from './memory.ts';
import { Office } from './office.ts';
import { Timers } from './timers.ts';
import { emptyView, type Page, type View, workOf } from './view.ts';

/** A typing sign is shown for so long, in ms, unless it is renewed. */
const TYPING_SHOWN = 3_500;
/** Receipts of events that come together are sent as one, after so long in ms. */
const RECEIPT_WAIT = 80;
/** The list of recent conversations is asked for so long after a change, in ms: the site's view follows the journal. */
const RECENT_WAIT = 800;
/** Signing out waits so long, in ms, for the center to store it. */
const FAREWELL = 1_500;
/** The center's reason for setting an agent away whose link was gone. */
const LINK_GONE = 'disconnected';
const RECENT_LIMIT = 20;
/** Good news goes away by itself after so long, in ms. */
const GOOD_SHOWN = 4_000;

/** The desk: one connection, the conversations at hand, and what the agent may do with them. */
export class Desk extends Commands {
  readonly #home: Site;
  readonly #listeners = new Set<() => void>();
  readonly #timers = new Timers();
  readonly #alerts = new Alerts();
  readonly office = new Office(
    (request) => this.call(request),
    (office) => this.#set({ office }),
  );
  readonly uploads = new Uploads(
    (what) => upload(this.sites(), this.#token, what),
    (uploads) => this.#set({ uploads }),
  );
  readonly book = new Book(
    (request) => this.call(request),
    (customers) => this.#set({ customers }),
  );
  readonly phone = new Phone(this, () => new BrowserSound());
  #view: View;
  #connection: Connection | null = null;
  #token = '';
  #nextNotice = 1;

  constructor(home: Site) {
    super();
    this.#home = home;
    const fresh = freshPreferences(languageOf(navigator.language));
    this.#view = emptyView({ ...fresh, ...memory.preferences() });
    document.addEventListener('visibilitychange', () => this.#markRead());
    const known = memory.signIn();
    if (known) this.#enter(known);
    void this.#learnSites();
  }

  readonly view = (): View => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #set(change: Partial<View>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }

  /** The serving site first, then every other one that was ever learnt. */
  sites(): Site[] {
    const serving = this.#view.status?.site ?? this.#home;
    const known = memory.sites();
    const named = known.find((s) => s.url === serving.url) ?? serving;
    return [named, ...known.filter((s) => s.url !== serving.url)];
  }

  async #learnSites(): Promise<void> {
    try {
      memory.keepSites((await fetchSites(this.sites())).sites);
    } catch {
      // No site answers yet: `welcome` brings the list as well.
    }
  }

  async signIn(login: string, password: string): Promise<void> {
    this.#set({ signingIn: true, signInProblem: null });
    try {
      const { token, account } = await signIn(this.sites(), login, password);
      if (account.role === 'customer') throw new ApiError('not_agent', 403, 'not an agent');
      memory.keepSignIn({ token, account });
      this.#enter({ token, account });
    } catch (error) {
      this.#set({ signInProblem: error instanceof ApiError ? error.reason : 'internal' });
    } finally {
      this.#set({ signingIn: false });
    }
  }

  #enter({ token, account }: SignedInAs): void {
    this.#token = token;
    this.#set({ account, signInProblem: null });
    this.phone.start(account.id);
    this.#connection = new Connection({
      token,
      language: this.#view.preferences.language,
      sites: this.sites(),
      store: outboxStore(localStorage, memory.outboxOf(account.id)),
      onEffect: (effect) => this.#onEffect(effect),
    });
    this.#connection.start();
    void this.office.load();
    const selected = memory.selected();
    if (selected !== null) this.select(selected);
  }

  /** Tells the center that the agent goes, then forgets the sign-in. */
  async signOut(): Promise<void> {
    this.setAvailability('offline');
    const until = Date.now() + FAREWELL;
    while ((this.#connection?.status().waiting ?? 0) > 0 && Date.now() < until)
      await new Promise((resume) => setTimeout(resume, 50));
    this.#leave(null);
  }

  #leave(problem: string | null): void {
    this.#connection?.stop();
    this.#connection = null;
    this.phone.stop();
    memory.keepSignIn(null);
    memory.keepSelected(null);
    this.#set({ ...emptyView(this.#view.preferences), signInProblem: problem });
  }

  setPreferences(change: Partial<Preferences>): void {
    const preferences = { ...this.#view.preferences, ...change };
    memory.keepPreferences(preferences);
    this.#connection?.language(preferences.language);
    this.#set({ preferences });
  }

  override setAvailability(availability: Choice, reason = ''): void {
    memory.keepWantsReady(availability === 'ready');
    super.setAvailability(availability, reason);
  }

  override accept(offer: Offer): void {
    super.accept(offer);
    this.select(offer.conversation);
  }

  override wrap(conversation: string, what: WrapUp): void {
    memory.keepTags(conversation, []);
    super.wrap(conversation, what);
    if (this.#view.toWrap === conversation) this.#set({ toWrap: null });
  }

  /** One HTTP call as the signed-in person. */
  call<T>(request: Request, sites: readonly Site[] = this.sites()): Promise<T> {
    return call<T>(sites, { ...request, token: this.#token });
  }

  /** As `call`, for what is not JSON. */
  blob(request: Request): Promise<Blob> {
    return fetchBlob(this.sites(), { ...request, token: this.#token });
  }

  file(conversation: string, file: string): Promise<Blob> {
    return download(this.sites(), this.#token, conversation, file);
  }

  show(page: Page): void {
    this.#set({ page });
  }

  /** Opens a customer's record above the panes; `null` closes it. */
  meet(person: string | null): void {
    this.#set({ person });
  }

  /** Opens the shop's form for a return that a customer asked for; `null` closes it. */
  giveBack(returning: Returning | null): void {
    this.#set({ returning });
  }

  /** Tells the person about something that a page did by HTTP. */
  tell(reason: string, good: boolean): void {
    this.#notify(reason, good);
  }

  typing(conversation: string): void {
    this.#connection?.typing(conversation);
  }

  /** Opens a conversation in the middle; `null` shows the list alone (on a phone). */
  select(conversation: string | null): void {
    const before = this.#view.selected;
    memory.keepSelected(conversation);
    this.#set({ selected: conversation, returning: null });
    if (conversation !== null) this.#watch(conversation);
    if (before !== conversation) this.#look(before, conversation);
    if (before !== null && before !== conversation) this.#release(before);
    this.#markRead();
  }

  #look(before: string | null, now: string | null): void {
    if (before !== null) this.#connection?.viewing(before, true);
    if (now !== null) this.#connection?.viewing(now, false);
  }

  /** Earlier conversations of a customer, newest first. */
  earlier(customer: string): Promise<Summary[]> {
    const filter = { customer, closed: true, limit: RECENT_LIMIT };
    return conversations(this.sites(), this.#token, filter);
  }

  takeBack(conversation: string, message: string): string {
    const thread = this.#view.threads[conversation];
    const text = thread?.pending.find((p) => p.message === message)?.text ?? '';
    if (thread) this.#keepThread(withoutPending(thread, message));
    return text;
  }

  dismiss(id: number): void {
    this.#set({ notices: this.#view.notices.filter((n) => n.id !== id) });
  }

  protected send(frame: Command): void {
    const thread = 'conversation' in frame ? this.#view.threads[frame.conversation] : undefined;
    if (thread) this.#keepThread(withPending(thread, frame, Date.now()));
    this.#connection?.send(frame);
  }

  #keepThread(thread: Thread): void {
    this.#set({ threads: { ...this.#view.threads, [thread.conversation]: thread } });
  }

  #watch(conversation: string): void {
    if (this.#view.threads[conversation]) return;
    let thread = emptyThread(conversation);
    for (const { frame } of this.#connection?.outbox() ?? [])
      if ('conversation' in frame && frame.conversation === conversation)
        thread = withPending(thread, frame, Date.now());
    this.#keepThread(thread);
    this.#connection?.watch(conversation, 0);
  }

  /** Stops following what is neither held nor looked at. */
  #release(conversation: string): void {
    if (workOf(this.#view).includes(conversation) || this.#view.selected === conversation) return;
    if ((this.#view.threads[conversation]?.pending.length ?? 0) > 0) return;
    const { [conversation]: _, ...threads } = this.#view.threads;
    this.#set({ threads });
    this.#connection?.unwatch(conversation);
  }

  #onEffect(effect: Effect): void {
    this.phone.hear(effect);
    switch (effect.kind) {
      case 'changed':
        return this.#set({ status: this.#connection?.status() ?? null });
      case 'welcome':
        memory.keepSites(effect.frame.sites);
        return this.#refreshRecent();
      case 'agent':
        return this.#onAgent(effect.state);
      case 'event':
        return this.#onEvent(effect);
      case 'typing':
        if (effect.by.kind === 'customer') this.#onTyping(effect.conversation);
        return;
      case 'viewers':
        return this.#set({ viewers: { ...this.#view.viewers, [effect.conversation]: effect.agents } });
      case 'notices':
        return this.#onNotices(effect.notices);
      case 'answered':
        return this.#onAnswer(effect.frame, null);
      case 'refused':
        return this.#onAnswer(effect.frame, effect.reason);
      case 'watchRefused':
        return this.#onWatchRefused(effect.conversation, effect.reason);
      case 'signedOut':
        return this.#leave('session_over');
      default:
    }
  }

  #onAgent(agent: AgentState): void {
    const before = workOf(this.#view);
    const rang = this.#view.agent?.offers.length ?? 0;
    this.#set({ agent });
    // Who it is must be there before the answer.
    for (const offer of agent.offers) this.book.look(offer.customer ?? '');
    const now = workOf(this.#view);
    if (agent.offers.length > rang) this.#alert('ring');
    for (const conversation of now) this.#watch(conversation);
    for (const conversation of before) this.#release(conversation);
    for (const conversation of now) if (!before.includes(conversation)) this.#receiptsSoon(conversation);
    if (before.length !== now.length) this.#refreshRecent();
    const ended = before.find((conversation) => !now.includes(conversation));
    if (ended !== undefined && agent.availability === 'after_work') this.#set({ toWrap: ended });
    this.#markRead();
    // The link was gone longer than the center waits; the agent never said that they leave.
    if (agent.availability === 'away' && agent.reason === LINK_GONE && memory.wantsReady())
      this.setAvailability('ready');
  }

  #onNotices(inbox: readonly NoticeCard[]): void {
    const known = new Set(this.#view.inbox.map((one) => one.id));
    this.#set({ inbox });
    if (inbox.some((one) => !known.has(one.id))) this.#alert('chime');
  }

  /** It goes at once; the center is told, so that it stays away on every device. */
  async readNotice(id: string): Promise<void> {
    this.#set({ inbox: this.#view.inbox.filter((one) => one.id !== id) });
    try {
      await this.call({ method: 'POST', path: `/api/v1/notices/${encodeURIComponent(id)}/read`, body: {} });
    } catch {
      // Not noted: the center shows it again.
    }
  }

  /** Asks a colleague, or whoever is free for a queue, before the conversation is handed over. True when it was asked. */
  async consult(
    conversation: string,
    whom: { agent: string } | { queue: string },
    text: string,
  ): Promise<boolean> {
    const path = `/api/v1/conversations/${encodeURIComponent(conversation)}/consult`;
    try {
      await this.call({ method: 'POST', path, body: { message: uuid(), text, ...whom } });
      return true;
    } catch (error) {
      this.#notify(error instanceof ApiError ? error.reason : 'internal', false);
      return false;
    }
  }

  #alert(how: 'ring' | 'chime'): void {
    const { language, sound } = this.#view.preferences;
    if (sound) this.#alerts[how]();
    this.#alerts.notify(translator(TEXTS, language)(how === 'ring' ? 'noticeOffer' : 'noticeMessage'));
  }

  #onEvent({ conversation, event }: Extract<Effect, { kind: 'event' }>): void {
    const thread = this.#view.threads[conversation];
    if (!thread) return;
    this.#keepThread(withEvent(thread, event));
    if (event.what === 'file') this.uploads.drop(event.message);
    if ((event.what !== 'message' && event.what !== 'file') || event.by.kind !== 'customer') return;
    this.#setTyping(conversation, false);
    this.#receiptsSoon(conversation);
  }

  #receiptsSoon(conversation: string): void {
    this.#timers.once(`receipt ${conversation}`, RECEIPT_WAIT, () => {
      const thread = this.#view.threads[conversation];
      if (!thread || !workOf(this.#view).includes(conversation)) return;
      if (unread(thread, 'customer', thread.agent.delivered) > 0) {
        this.#connection?.receipt('delivered', conversation, thread.last);
        if (this.#view.selected !== conversation || document.visibilityState !== 'visible')
          this.#alert('chime');
      }
      this.#markRead();
    });
  }

  /** What the agent has on the screen is read; only in conversations that they hold. */
  #markRead(): void {
    const { selected, threads } = this.#view;
    if (selected === null || document.visibilityState !== 'visible') return;
    const thread = threads[selected];
    if (!thread || !workOf(this.#view).includes(selected)) return;
    if (unread(thread, 'customer', thread.agent.read) > 0)
      this.#connection?.receipt('read', selected, thread.last);
  }

  #onTyping(conversation: string): void {
    this.#timers.again(`typing ${conversation}`, TYPING_SHOWN, () => this.#setTyping(conversation, false));
    this.#setTyping(conversation, true);
  }

  #setTyping(conversation: string, is: boolean): void {
    if (this.#view.typing.has(conversation) === is) return;
    const typing = new Set(this.#view.typing);
    if (is) typing.add(conversation);
    else typing.delete(conversation);
    this.#set({ typing });
  }

  #onAnswer(frame: Command, refused: string | null): void {
    if (frame.type === 'post' || frame.type === 'note') {
      const thread = this.#view.threads[frame.conversation];
      if (thread) this.#keepThread(withAnswer(thread, frame.message, refused));
    } else if (refused !== null) this.#notify(refused, false);
    if (refused !== null) return;
    if (frame.type === 'close' || frame.type === 'transfer') this.#refreshRecent();
    if (frame.type === 'wrap') this.#notify('wrapped', true);
  }

  #onWatchRefused(conversation: string, reason: string): void {
    const { [conversation]: _, ...threads } = this.#view.threads;
    this.#set({ threads });
    if (this.#view.selected !== conversation) return;
    this.select(null);
    this.#notify(reason, false);
  }

  #notify(reason: string, good: boolean): void {
    const notice = { id: this.#nextNotice++, reason, good };
    this.#set({ notices: [...this.#view.notices.slice(-2), notice] });
    if (good) this.#timers.again(`notice ${notice.id}`, GOOD_SHOWN, () => this.dismiss(notice.id));
  }

  #refreshRecent(): void {
    this.#timers.again('recent', RECENT_WAIT, () => void this.#loadRecent());
  }

  async #loadRecent(): Promise<void> {
    const { account } = this.#view;
    if (!account) return;
    try {
      const filter = { agent: account.id, closed: true, limit: RECENT_LIMIT };
      this.#set({ recent: await conversations(this.sites(), this.#token, filter) });
    } catch {
      // The list stays as it was; the next change asks again.
    }
  }
}
