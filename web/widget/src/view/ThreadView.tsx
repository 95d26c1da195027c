import {
  type ConversationEvent,
  clock,
  day,
  type Language,
  linked,
  type Pending,
  parseForm,
  sameDay,
  type Thread,
  type Translate,
} from '@madoguchi/shared';
import { Fragment } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { memory } from '../memory.ts';
import type { Session } from '../session.ts';
import type { Text } from '../texts.ts';
import { Callback, isBooked } from './Callback.tsx';
import { Composer } from './Composer.tsx';
import { Elsewhere } from './Elsewhere.tsx';
import { FileLine, UploadList } from './Files.tsx';
import { FormLine, OwnForm, Summary } from './Forms.tsx';
import { WaitIcon } from './icons.tsx';
import { LeaveOffer, PlaceBanner } from './Place.tsx';
import { RateForm } from './Rate.tsx';
import type { StartProps } from './StartForm.tsx';

/** Closer to the end than this, in px, new messages are followed. */
const NEAR_END = 80;

export function ThreadView({ session, view, t }: StartProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  const [returning, setReturning] = useState(false);
  const { thread, language } = view;
  if (!thread) return null;
  const takeBack = (message: string) => {
    const form = thread.pending.find((p) => p.message === message)?.form;
    const text = session.takeBack(message);
    if (form) {
      memory.keepForm(thread.conversation, form.offer, parseForm(text));
      return setReturning(true);
    }
    if (!box.current) return;
    box.current.value = text;
    memory.keepDraft(text);
    box.current.focus();
  };
  return (
    <>
      <PlaceBanner view={view} t={t} />
      <LeaveOffer session={session} view={view} t={t} />
      <Callback session={session} view={view} t={t} />
      <Log
        thread={thread}
        language={language}
        t={t}
        typing={view.agentTyping}
        takeBack={takeBack}
        session={session}
      />
      <UploadList session={session} view={view} t={t} />
      <RateForm session={session} view={view} t={t} />
      <Elsewhere session={session} view={view} t={t} />
      {returning && (
        <OwnForm form="return" session={session} view={view} t={t} hide={() => setReturning(false)} />
      )}
      <Actions
        thread={thread}
        t={t}
        end={() => session.end()}
        another={() => session.another()}
        elsewhere={view.link === 'none' ? () => void session.askLink() : null}
        giveBack={returning ? null : () => setReturning(true)}
      />
      <Composer
        t={t}
        placeholder={t(thread.closed ? 'composeClosed' : 'compose')}
        box={box}
        onSend={(text) => session.post(text)}
        onTyping={() => session.typing()}
        onFiles={(files) => void session.uploads.add(thread.conversation, files)}
      />
    </>
  );
}

interface LogProps {
  thread: Thread;
  language: Language;
  t: Translate<Text>;
  typing: boolean;
  takeBack: (message: string) => void;
  session: Session;
}

function Log({ thread, language, t, typing, takeBack, session }: LogProps) {
  const log = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const size = thread.events.length + thread.pending.length + (typing ? 1 : 0);
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
  const waits = thread.opened && !thread.closed && thread.assignedTo === '';
  const waiting = waits && session.view.place === null && !isBooked(session.view);
  return (
    <div
      ref={log}
      class="log"
      role="log"
      aria-label={t('thread')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard.
      tabIndex={0}
      onScroll={(event) => {
        const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
        follows.current = scrollHeight - scrollTop - clientHeight < NEAR_END;
      }}
    >
      {thread.events.map((event, i) => {
        const before = thread.events[i - 1];
        return (
          <Fragment key={event.number}>
            {(!before || !sameDay(before.at, event.at)) && <p class="day">{day(event.at, language)}</p>}
            <Line event={event} thread={thread} language={language} t={t} session={session} />
          </Fragment>
        );
      })}
      {thread.pending.filter(hasLine).map((p) => (
        <PendingLine key={p.message} pending={p} language={language} t={t} takeBack={takeBack} />
      ))}
      {waiting && <p class="event">{t('waitingAgent')}</p>}
      {typing && (
        <p class="typing">
          <span class="dots" aria-hidden="true" />
          {t('typing')}
        </p>
      )}
    </div>
  );
}

/** Answers to an offered form stand in that form until they are stored. */
const hasLine = ({ form }: Pending) => !form?.filled || form.offer === 0;

interface LineProps {
  event: ConversationEvent;
  thread: Thread;
  language: Language;
  t: Translate<Text>;
  session: Session;
}

function Line({ event, thread, language, t, session }: LineProps) {
  if (event.what === 'callback_asked')
    return <p class="event">{t('callAskedEvent', { phone: event.phone || t('erased') })}</p>;
  const note = noteOf(event);
  if (note) return <p class="event">{t(note)}</p>;
  if (event.what !== 'message' && event.what !== 'file') return null;
  const own = event.by.kind === 'customer';
  const told = event.by.kind === 'system';
  const read = own && thread.agent.read >= event.number;
  return (
    <div class={own ? 'message own' : 'message'}>
      <span class="unseen">{t(own ? 'you' : told ? 'center' : 'agent')}: </span>
      {event.what === 'file' ? (
        <FileLine event={event} session={session} t={t} />
      ) : event.form && !event.erased ? (
        <FormLine
          event={event}
          form={event.form}
          thread={thread}
          language={language}
          t={t}
          session={session}
        />
      ) : (
        <p class="bubble">{event.erased ? t('erased') : <Linked text={event.text ?? ''} />}</p>
      )}
      <p class="meta">
        {told && <span aria-hidden="true">{t('center')} </span>}
        <time dateTime={new Date(event.at).toISOString()}>{clock(event.at, language)}</time>
        {own && (
          <span class={read ? 'mark read' : 'mark'} data-mark={read ? 'read' : 'sent'}>
            <span aria-hidden="true">{read ? '✓✓' : '✓'}</span> {t(read ? 'read' : 'sent')}
          </span>
        )}
      </p>
    </div>
  );
}

/** A text whose addresses can be followed; the page that opens learns nothing of this one. */
function Linked({ text }: { text: string }) {
  const pieces = linked(text).map((piece) =>
    piece.href === undefined ? (
      piece.text
    ) : (
      <a href={piece.href} target="_blank" rel="noopener noreferrer">
        {piece.text}
      </a>
    ),
  );
  return <>{pieces}</>;
}

function noteOf(event: ConversationEvent): Text | null {
  switch (event.what) {
    case 'assigned':
      return 'assigned';
    case 'transferred':
      return 'transferred';
    case 'closed':
      if (event.reason === 'served_elsewhere') return 'servedElsewhere';
      return event.by.kind === 'customer' ? 'closedByYou' : 'closedByAgent';
    case 'reopened':
      return 'reopened';
    case 'callback_cancelled':
      return 'callCancelledEvent';
    default:
      return null;
  }
}

interface PendingProps {
  pending: Pending;
  language: Language;
  t: Translate<Text>;
  takeBack: (message: string) => void;
}

function PendingLine({ pending, language, t, takeBack }: PendingProps) {
  const refused = pending.state === 'refused';
  const stored = pending.state === 'stored';
  return (
    <div class={refused ? 'message own refused' : 'message own'}>
      {pending.form ? (
        <Summary form={pending.form.form} text={pending.text} language={language} />
      ) : (
        <p class="bubble">{pending.text}</p>
      )}
      {refused ? (
        <p class="meta" role="alert">
          {t(pending.reason === 'text_too_long' ? 'tooLong' : 'notSent')}
          <button type="button" class="link" onClick={() => takeBack(pending.message)}>
            {t(pending.form ? 'formEdit' : 'takeBack')}
          </button>
        </p>
      ) : (
        <p class="meta">
          <span class="mark" data-mark={stored ? 'sent' : 'waiting'}>
            {stored ? <span aria-hidden="true">✓</span> : <WaitIcon />} {t(stored ? 'sent' : 'marking')}
          </span>
        </p>
      )}
    </div>
  );
}

interface ActionsProps {
  thread: Thread;
  t: Translate<Text>;
  end: () => void;
  another: () => void;
  /** Asks for a link; `null` while one is shown. */
  elsewhere: (() => void) | null;
  /** Opens the form for a return; `null` while it is open. */
  giveBack: (() => void) | null;
}

function Actions({ thread, t, end, another, elsewhere, giveBack }: ActionsProps) {
  const [asking, setAsking] = useState(false);
  if (thread.closed)
    return (
      <div class="actions">
        <button type="button" class="second" onClick={another}>
          {t('another')}
        </button>
      </div>
    );
  if (!asking)
    return (
      <div class="actions">
        {elsewhere && (
          <button type="button" class="link first" onClick={elsewhere}>
            {t('elsewhere')}
          </button>
        )}
        {thread.opened && giveBack && (
          <button type="button" class="link" onClick={giveBack}>
            {t('returnAsk')}
          </button>
        )}
        <button type="button" class="link" onClick={() => setAsking(true)}>
          {t('end')}
        </button>
      </div>
    );
  return (
    <fieldset class="actions">
      <legend>{t('endAsk')}</legend>
      <button
        type="button"
        class="second"
        onClick={() => {
          setAsking(false);
          end();
        }}
      >
        {t('endYes')}
      </button>
      <button type="button" class="link" onClick={() => setAsking(false)}>
        {t('endNo')}
      </button>
    </fieldset>
  );
}
