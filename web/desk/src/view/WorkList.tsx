import {
  ago,
  formLine,
  type Language,
  lastSaid,
  readable,
  type Summary,
  type Thread,
  unread,
} from '@madoguchi/shared';
import { memory } from '../store/memory.ts';
import { usedCapacity, type View, workOf } from '../store/view.ts';
import { Inbox } from './Inbox.tsx';
import { OfferCard } from './OfferCard.tsx';
import { useUi } from './ui.ts';
import { useDesk, useNow, useTexts, useView } from './use.ts';

export function WorkList() {
  const view = useView();
  const t = useTexts();
  const now = useNow(1_000);
  const work = workOf(view);
  const offers = view.agent?.offers ?? [];
  const recent = view.recent.filter((s) => !work.includes(s.conversation));
  const name = offers[0]?.customer_name || t('anonymous');
  return (
    <nav className="work" aria-label={t('myWork')}>
      <p className="unseen" aria-live="assertive">
        {offers.length > 0 && t('incomingNews', { name })}
      </p>
      {offers.map((offer, i) => (
        <OfferCard key={`${offer.contact}.${offer.round}`} offer={offer} first={i === 0} />
      ))}
      <Inbox />
      <ToWrap view={view} />
      <h2>
        {t('myWork')}
        {view.agent && ` ${usedCapacity(view.agent)}/${view.agent.limit}`}
      </h2>
      {work.length === 0 && offers.length === 0 && <Empty view={view} />}
      <ol>
        {work.map((conversation, i) => (
          <WorkItem key={conversation} conversation={conversation} place={i + 1} view={view} now={now} />
        ))}
      </ol>
      {recent.length > 0 && <h2>{t('recent')}</h2>}
      <ol>
        {recent.map((summary) => (
          <RecentItem key={summary.conversation} summary={summary} view={view} now={now} />
        ))}
      </ol>
    </nav>
  );
}

/** After a conversation that ended without its record. */
function ToWrap({ view }: { view: View }) {
  const { open } = useUi();
  const t = useTexts();
  if (view.toWrap === null) return null;
  return (
    <p className="to-wrap" role="status">
      {t('wrapPending')}{' '}
      <button type="button" className="link" onClick={() => open('wrap')}>
        {t('wrapRecord')}
      </button>
    </p>
  );
}

function Empty({ view }: { view: View }) {
  const t = useTexts();
  const ready = view.agent?.availability === 'ready';
  return (
    <p className="empty">
      {t('noWork')}
      <br />
      {t(ready ? 'noWorkReady' : 'noWorkAway')}
    </p>
  );
}

interface ItemProps {
  conversation: string;
  place: number;
  view: View;
  now: number;
}

function WorkItem({ conversation, place, view, now }: ItemProps) {
  const desk = useDesk();
  const t = useTexts();
  const { language } = view.preferences;
  const thread = view.threads[conversation];
  const typing = view.typing.has(conversation);
  const selected = view.selected === conversation;
  // What is on the screen is read, though the center stores that a moment later.
  const news = thread && !selected ? unread(thread, 'customer', thread.agent.read) : 0;
  const account = view.account?.id ?? '';
  const draft =
    !selected &&
    (memory.draft(account, conversation) !== '' || memory.draft(account, conversation, 'note') !== '');
  return (
    <li>
      <button
        type="button"
        className="item"
        aria-current={selected}
        data-news={news > 0}
        onClick={() => desk.select(conversation)}
      >
        <span className="item-head">
          <strong className="clip">
            {thread?.name ? t('honorific', { name: thread.name }) : t('anonymous')}
          </strong>
          <Time thread={thread} now={now} language={language} />
        </span>
        <span className="item-text">
          <span className="clip">
            {typing ? <em>{t('customerTyping')}</em> : (thread && lastLine(thread, language)) || '…'}
          </span>
          {draft && <span className="tag">{t('draft')}</span>}
          {news > 0 && (
            <span className="count">
              <span aria-hidden="true">{news}</span>
              <span className="unseen">{t('unreadLabel', { n: news })}</span>
            </span>
          )}
          {place <= 9 && <kbd className="place">Alt+{place}</kbd>}
        </span>
      </button>
    </li>
  );
}

function lastLine(thread: Thread, language: Language): string {
  const said = lastSaid(thread);
  return said?.form ? formLine(said.form, language) : (said?.text ?? '');
}

function Time({ thread, now, language }: { thread: Thread | undefined; now: number; language: Language }) {
  const at = thread ? (lastSaid(thread)?.at ?? thread.openedAt) : 0;
  if (at === 0) return null;
  return <time dateTime={new Date(at).toISOString()}>{ago(at, now, language)}</time>;
}

function RecentItem({ summary, view, now }: { summary: Summary; view: View; now: number }) {
  const desk = useDesk();
  const t = useTexts();
  const { conversation: id, customer_name: name } = summary;
  return (
    <li>
      <button
        type="button"
        className="item past"
        aria-current={view.selected === id}
        onClick={() => desk.select(id)}
      >
        <span className="item-head">
          <span className="clip">{name ? t('honorific', { name }) : t('anonymous')}</span>
          <time>{ago(summary.last_at, now, view.preferences.language)}</time>
        </span>
        <span className="item-text">
          <span className="clip">{readable(summary.preview, view.preferences.language)}</span>
          <span className="tag">{t(summary.phase === 'closed' ? 'finished' : 'waitingAgain')}</span>
        </span>
      </button>
    </li>
  );
}
