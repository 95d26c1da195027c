import {
  type ConversationEvent,
  clock,
  day,
  type Language,
  type Pending,
  sameDay,
  type Thread,
  type Translate,
} from '@madoguchi/shared';
import { Fragment, memo, useEffect, useLayoutEffect, useRef } from 'react';
import type { Text } from '../texts.ts';
import { reasonText, useTexts, useView } from './use.ts';

/** Closer to the end than this, in px, new messages are followed. */
const NEAR_END = 80;

type Mark = 'markWaiting' | 'markSent' | 'markDelivered' | 'markRead';
const MARKS: Record<Mark, string> = { markWaiting: '◷', markSent: '✓', markDelivered: '✓✓', markRead: '✓✓' };

export function Log({ thread, takeBack }: { thread: Thread; takeBack: (message: string) => void }) {
  const t = useTexts();
  const { account, preferences } = useView();
  const log = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const size = thread.events.length + thread.pending.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new line is what makes it scroll.
  useLayoutEffect(() => {
    if (log.current && follows.current) log.current.scrollTop = log.current.scrollHeight;
  }, [size]);
  useEffect(() => {
    const element = log.current;
    if (!element) return;
    const toEnd = () => {
      if (follows.current) element.scrollTop = element.scrollHeight;
    };
    const observer = new ResizeObserver(toEnd);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const { language } = preferences;
  return (
    <div
      ref={log}
      className="log"
      role="log"
      aria-label={t('thread')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard.
      tabIndex={0}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      }}
    >
      {thread.last === 0 && <p className="event">{t('loading')}</p>}
      {thread.events.map((event, i) => {
        const before = thread.events[i - 1];
        return (
          <Fragment key={event.number}>
            {(!before || !sameDay(before.at, event.at)) && <p className="day">{day(event.at, language)}</p>}
            <Line
              event={event}
              mark={markOf(thread, event)}
              own={account?.id ?? ''}
              language={language}
              t={t}
            />
          </Fragment>
        );
      })}
      {thread.pending.map((pending) => (
        <PendingLine key={pending.message} pending={pending} t={t} takeBack={takeBack} />
      ))}
    </div>
  );
}

function markOf(thread: Thread, event: ConversationEvent): Mark | null {
  if (event.what !== 'message' || event.by.kind !== 'agent') return null;
  if (thread.customer.read >= event.number) return 'markRead';
  return thread.customer.delivered >= event.number ? 'markDelivered' : 'markSent';
}

interface LineProps {
  event: ConversationEvent;
  mark: Mark | null;
  own: string;
  language: Language;
  t: Translate<Text>;
}

const Line = memo(function Line({ event, mark, own, language, t }: LineProps) {
  const note = noteOf(event, own, t);
  const time = <time dateTime={new Date(event.at).toISOString()}>{clock(event.at, language)}</time>;
  if (note !== null)
    return (
      <p className="event">
        {note} {time}
      </p>
    );
  if (event.what !== 'message') return null;
  const fromCustomer = event.by.kind === 'customer';
  const mine = event.by.id === own;
  const who = fromCustomer ? t('customerSays') : mine ? t('you') : t('agentSays', { name: event.by.id });
  return (
    <div className={fromCustomer ? 'message' : 'message own'}>
      <p className={fromCustomer || mine ? 'unseen' : 'who'}>{who}</p>
      <p className="bubble">{event.erased ? t('erased') : event.text}</p>
      <p className="meta">
        {time}
        {mark && <MarkSign mark={mark} t={t} />}
      </p>
    </div>
  );
});

function MarkSign({ mark, t }: { mark: Mark; t: Translate<Text> }) {
  return (
    <span className={`mark ${mark}`} data-mark={mark}>
      <span aria-hidden="true">{MARKS[mark]}</span> {t(mark)}
    </span>
  );
}

function noteOf(event: ConversationEvent, own: string, t: Translate<Text>): string | null {
  switch (event.what) {
    case 'opened':
      return t('opened', { queue: event.queue });
    case 'assigned':
      return event.agent === own ? t('assignedYou') : t('assignedOther', { agent: event.agent });
    case 'transferred':
      return event.agent
        ? t('transferredAgent', { agent: event.agent, queue: event.queue })
        : t('transferredQueue', { queue: event.queue });
    case 'closed':
      return t(event.by.kind === 'customer' ? 'closedByCustomer' : 'closedByAgent');
    case 'reopened':
      return t('reopened');
    case 'message':
    case 'delivered':
    case 'read':
      return null;
    default:
      return null;
  }
}

interface PendingProps {
  pending: Pending;
  t: Translate<Text>;
  takeBack: (message: string) => void;
}

function PendingLine({ pending, t, takeBack }: PendingProps) {
  const refused = pending.state === 'refused';
  return (
    <div className={refused ? 'message own refused' : 'message own'}>
      <p className="bubble">{pending.text}</p>
      <p className="meta" role={refused ? 'alert' : undefined}>
        {refused ? (
          <>
            {t('notSent', { reason: reasonText(t, pending.reason ?? '') })}
            <button type="button" className="link" onClick={() => takeBack(pending.message)}>
              {t('takeBack')}
            </button>
          </>
        ) : (
          <MarkSign mark={pending.state === 'stored' ? 'markSent' : 'markWaiting'} t={t} />
        )}
      </p>
    </div>
  );
}
