import { ago, clock, day, dialable, readable, type Summary, type Thread, textIn } from '@madoguchi/shared';
import { Button, Drawer } from '@mantine/core';
import { Fragment, useEffect, useState } from 'react';
import { Person } from '../customer/Person.tsx';
import { agentName, languageName, queueName, type View } from '../store/view.ts';
import { NumberButton } from '../voice/NumberButton.tsx';
import { usePhone } from '../voice/use.ts';
import { Boundary } from './Boundary.tsx';
import { Segment } from './Segment.tsx';
import { useDesk, useNow, useTexts, useView } from './use.ts';

function useThread(): Thread | undefined {
  const { selected, threads } = useView();
  return selected === null ? undefined : threads[selected];
}

/** The right pane; below 1200 px the drawer stands in for it. */
export function CustomerPane() {
  const t = useTexts();
  const thread = useThread();
  return (
    <aside className="customer" aria-label={t('customerInfo')}>
      {thread && <Whole thread={thread} />}
    </aside>
  );
}

export function CustomerDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useTexts();
  const thread = useThread();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      title={t('customerInfo')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
      size="sm"
    >
      {thread && <Whole thread={thread} onChoose={onClose} />}
    </Drawer>
  );
}

/** Who it is, with this conversation as the first part. */
function Whole({ thread, onChoose }: { thread: Thread; onChoose?: () => void }) {
  const call = usePhone().calls[thread.conversation];
  const details = <Details thread={thread} {...(onChoose ? { onChoose } : {})} />;
  if (thread.customerId === '') return details;
  return (
    <Boundary key={thread.customerId} fallback={details}>
      <Person
        id={thread.customerId}
        name={thread.name}
        phone={call?.number || thread.phone}
        conversation={details}
        talk={thread.conversation}
      />
    </Boundary>
  );
}

function Details({ thread, onChoose }: { thread: Thread; onChoose?: () => void }) {
  const t = useTexts();
  const view = useView();
  const { account, preferences } = view;
  const { language } = preferences;
  const spoken = languageName(thread.language);
  return (
    <div className="details">
      <h2>{t('customer')}</h2>
      <dl>
        <dt>{t('name')}</dt>
        <dd>{thread.name || t('anonymous')}</dd>
        <dt>{t('id')}</dt>
        <dd className="code">{thread.customerId}</dd>
        {spoken && (
          <>
            <dt>{t('language')}</dt>
            <dd>{t(spoken === 'ja' ? 'languageJa' : 'languageEn')}</dd>
          </>
        )}
        {thread.customerId !== '' && <Segment key={thread.customerId} customer={thread.customerId} />}
        <dt>{t('since')}</dt>
        <dd>
          {thread.openedAt > 0 && `${day(thread.openedAt, language)} ${clock(thread.openedAt, language)}`}
        </dd>
        <dt>{t('queue')}</dt>
        <dd>{queueName(view, thread.queue)}</dd>
        <dt>{t('holder')}</dt>
        <dd>{thread.assignedTo === account?.id ? t('you') : agentName(view, thread.assignedTo) || '—'}</dd>
        {thread.reason !== '' && (
          <>
            <dt>{t('contactReason')}</dt>
            <dd>{reasonOf(view, thread.reason)}</dd>
          </>
        )}
        {thread.phone !== '' && (
          <>
            <dt>{t('callback')}</dt>
            <dd>
              <CallBack thread={thread} />
            </dd>
          </>
        )}
        {thread.rating !== null && (
          <>
            <dt>{t('rating')}</dt>
            <dd>{thread.rating}/5</dd>
          </>
        )}
      </dl>
      <Answers thread={thread} />
      <Earlier key={thread.customerId} thread={thread} {...(onChoose ? { onChoose } : {})} />
    </div>
  );
}

/** The number to call: by the desk's own telephone in the conversation that one holds, else as the browser's program dials it. */
function CallBack({ thread }: { thread: Thread }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const { account } = useView();
  const { phone, callback } = thread;
  const at = callback?.notBefore ?? 0;
  const number = dialable(phone);
  const mine = !thread.closed && thread.assignedTo === account?.id;
  return (
    <>
      {number !== null && mine ? (
        <NumberButton number={number} queue={thread.queue} conversation={thread.conversation} />
      ) : (
        <a href={`tel:${phone.replace(/[^\d+]/g, '')}`}>{phone}</a>
      )}
      {at > 0 && ` ${t('callbackFrom', { time: `${day(at, language)} ${clock(at, language)}` })}`}
    </>
  );
}

function reasonOf({ office, preferences }: View, id: string): string {
  const reason = office.theme?.reasons.find((one) => one.id === id);
  return reason?.[preferences.language] || reason?.ja || id;
}

function labelOf({ office, preferences }: View, id: string): string {
  const question = office.theme?.pre_chat.find((one) => one.id === id);
  return question ? textIn(question.label, preferences.language) : id;
}

/** What the customer answered before the conversation began. */
function Answers({ thread }: { thread: Thread }) {
  const view = useView();
  const t = useTexts();
  const answers = Object.entries(thread.answers);
  if (answers.length === 0) return null;
  return (
    <>
      <h2>{t('answers')}</h2>
      <dl>
        {answers.map(([id, answer]) => (
          <Fragment key={id}>
            <dt>{labelOf(view, id)}</dt>
            <dd>{answer}</dd>
          </Fragment>
        ))}
      </dl>
    </>
  );
}

type Loaded = Summary[] | 'loading' | 'failed';

function Earlier({ thread, onChoose }: { thread: Thread; onChoose?: () => void }) {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow(30_000);
  const { language } = useView().preferences;
  const [list, setList] = useState<Loaded>('loading');
  const [turn, setTurn] = useState(0);
  const { customerId, closed } = thread;
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again on request and when the conversation ends.
  useEffect(() => {
    if (customerId === '') return;
    let current = true;
    desk.earlier(customerId).then(
      (found) => current && setList(found),
      () => current && setList('failed'),
    );
    return () => {
      current = false;
    };
  }, [desk, customerId, closed, turn]);
  const others = Array.isArray(list) ? list.filter((s) => s.conversation !== thread.conversation) : [];
  return (
    <>
      <h2>{t('earlier')}</h2>
      {list === 'loading' && <p className="empty">{t('loading')}</p>}
      {list === 'failed' && (
        <p className="empty">
          {t('earlierFailed')}{' '}
          <Button size="compact-sm" variant="default" onClick={() => setTurn(turn + 1)}>
            {t('retry')}
          </Button>
        </p>
      )}
      {Array.isArray(list) && others.length === 0 && <p className="empty">{t('noEarlier')}</p>}
      <ol>
        {others.map((summary) => (
          <li key={summary.conversation}>
            <button
              type="button"
              className="item past"
              onClick={() => {
                desk.select(summary.conversation);
                onChoose?.();
              }}
            >
              <span className="item-head">
                <span className="clip">{readable(summary.preview, language) || summary.queue}</span>
                <time>{ago(summary.last_at, now, language)}</time>
              </span>
              <span className="item-text">
                <span className="clip">{summary.queue}</span>
                {summary.phase === 'closed' && <span className="tag">{t('finished')}</span>}
              </span>
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}
