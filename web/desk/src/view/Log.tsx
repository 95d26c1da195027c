import {
  answerTo,
  type ConversationEvent,
  clock,
  day,
  formTitle,
  type Language,
  linked,
  type Pending,
  sameDay,
  type Thread,
  type Translate,
} from '@madoguchi/shared';
import { Fragment, memo, useEffect, useLayoutEffect, useRef } from 'react';
import { FormLine } from '../forms/FormLine.tsx';
import { agentName } from '../store/view.ts';
import type { Text } from '../texts.ts';
import { FileLine } from './FileLine.tsx';
import { LockIcon } from './icons.tsx';
import { noteOf } from './lines.ts';
import { reasonText, useTexts, useView } from './use.ts';

/** Closer to the end than this, in px, new messages are followed. */
const NEAR_END = 80;

type Mark = 'markWaiting' | 'markSent' | 'markDelivered' | 'markRead';
const MARKS: Record<Mark, string> = { markWaiting: '◷', markSent: '✓', markDelivered: '✓✓', markRead: '✓✓' };

export function Log({ thread, takeBack }: { thread: Thread; takeBack: (message: string) => void }) {
  const t = useTexts();
  const view = useView();
  const { account, preferences, office } = view;
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
              answered={isAnswered(thread, event)}
              own={account?.id ?? ''}
              who={agentName(view, event.by.id)}
              note={noteOf(
                event,
                account?.id ?? '',
                t,
                (id) => agentName(view, id),
                office.codes.list,
                language,
              )}
              conversation={thread.conversation}
              language={language}
              t={t}
            />
          </Fragment>
        );
      })}
      {thread.pending.map((pending) => (
        <PendingLine key={pending.message} {...{ pending, language, t, takeBack }} />
      ))}
    </div>
  );
}

function markOf(thread: Thread, event: ConversationEvent): Mark | null {
  if ((event.what !== 'message' && event.what !== 'file') || event.by.kind !== 'agent') return null;
  if (thread.customer.read >= event.number) return 'markRead';
  return thread.customer.delivered >= event.number ? 'markDelivered' : 'markSent';
}

/** Of forms that were offered. */
const isAnswered = (thread: Thread, event: ConversationEvent): boolean =>
  event.what === 'message' && event.form?.filled === false && answerTo(thread, event.number) !== null;

interface LineProps {
  event: ConversationEvent;
  mark: Mark | null;
  answered: boolean;
  own: string;
  /** Name of whoever did it. */
  who: string;
  /** The line of an event that nobody said. */
  note: string | null;
  conversation: string;
  language: Language;
  t: Translate<Text>;
}

const Line = memo(function Line(props: LineProps) {
  const { event, mark, own, who: name, note, conversation, language, t } = props;
  const time = <time dateTime={new Date(event.at).toISOString()}>{clock(event.at, language)}</time>;
  if (note !== null)
    return (
      <p className="event">
        {note} {time}
      </p>
    );
  const mine = event.by.id === own;
  if (event.what === 'note') {
    const called = event.mentions?.includes(own) === true;
    return (
      <div className={called ? 'message private called' : 'message private'}>
        <p className="who">
          <LockIcon />{' '}
          {t(event.consult ? 'consultBy' : event.whisper ? 'whisperBy' : 'noteBy', {
            name: mine ? t('you') : name,
          })}
          {called && <strong className="called-you">{t('calledYou')}</strong>}
        </p>
        <p className="bubble">{event.erased ? t('erased') : <Linked text={event.text ?? ''} />}</p>
        <p className="meta">{time}</p>
      </div>
    );
  }
  if (event.what !== 'message' && event.what !== 'file') return null;
  const fromCustomer = event.by.kind === 'customer';
  const who = fromCustomer ? t('customerSays') : sayer(event, mine, name, t);
  return (
    <div className={fromCustomer ? 'message' : 'message own'}>
      <p className={fromCustomer || mine ? 'unseen' : 'who'}>{who}</p>
      {event.what === 'file' ? (
        <FileLine event={event} conversation={conversation} />
      ) : event.form && !event.erased ? (
        <FormLine {...{ event, conversation, language, t }} form={event.form} answered={props.answered} />
      ) : (
        <p className="bubble">{event.erased ? t('erased') : <Linked text={event.text ?? ''} />}</p>
      )}
      <p className="meta">
        {time}
        {mark && <MarkSign mark={mark} t={t} />}
      </p>
    </div>
  );
});

function sayer({ by }: ConversationEvent, mine: boolean, name: string, t: Translate<Text>): string {
  if (by.kind === 'system') return t('centerSays');
  return mine ? t('you') : t('agentSays', { name });
}

/** A text whose addresses can be followed; the page that opens learns nothing of this one. */
function Linked({ text }: { text: string }) {
  return linked(text).map((piece, i) =>
    piece.href === undefined ? (
      piece.text
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: a message's pieces never change.
      <a key={i} href={piece.href} target="_blank" rel="noopener noreferrer">
        {piece.text}
      </a>
    ),
  );
}

function MarkSign({ mark, t }: { mark: Mark; t: Translate<Text> }) {
  return (
    <span className={`mark ${mark}`} data-mark={mark}>
      <span aria-hidden="true">{MARKS[mark]}</span> {t(mark)}
    </span>
  );
}

interface PendingProps {
  pending: Pending;
  language: Language;
  t: Translate<Text>;
  takeBack: (message: string) => void;
}

function PendingLine({ pending, language, t, takeBack }: PendingProps) {
  const refused = pending.state === 'refused';
  return (
    <div className={`message ${pending.note ? 'private' : 'own'}${refused ? ' refused' : ''}`}>
      <p className="bubble">
        {pending.form ? t('formOffered', { form: formTitle(pending.form.form, language) }) : pending.text}
      </p>
      <p className="meta" role={refused ? 'alert' : undefined}>
        {refused ? (
          <>
            {t('notSent', { reason: reasonText(t, pending.reason ?? '') })}
            <button type="button" className="link" onClick={() => takeBack(pending.message)}>
              {t(pending.form ? 'drop' : 'takeBack')}
            </button>
          </>
        ) : (
          <MarkSign mark={pending.state === 'stored' ? 'markSent' : 'markWaiting'} t={t} />
        )}
      </p>
    </div>
  );
}
