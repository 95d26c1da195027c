import { ago, type NoticeCard, textIn } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { agentName } from '../store/view.ts';
import { useDesk, useNow, useTexts, useView } from './use.ts';

/** What supervisors tell the agent, and colleagues who call: until it is read, or its time is over. */
export function Inbox() {
  const { inbox } = useView();
  const t = useTexts();
  const now = useNow(5_000);
  const list = inbox.filter((one) => one.expires > now);
  return (
    <section aria-label={t('inbox')} aria-live="polite">
      {list.map((one) => (
        <Card key={one.id} card={one} now={now} />
      ))}
    </section>
  );
}

function Card({ card, now }: { card: NoticeCard; now: number }) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const { language } = view.preferences;
  const name = agentName(view, card.by);
  const text = card.kind === 'broadcast' ? textIn(card, language) : t(`inbox_${card.kind}`, { name });
  const open = () => {
    void desk.readNotice(card.id);
    desk.show('desk');
    desk.select(card.conversation);
  };
  return (
    <article className="inbox-card" data-kind={card.kind}>
      <p className="row">
        <strong className="grow clip">
          {card.kind === 'broadcast' ? t('inboxFrom', { name }) : t('inboxCall')}
        </strong>
        <time dateTime={new Date(card.at).toISOString()}>{ago(card.at, now, language)}</time>
      </p>
      <p className="inbox-text">{text}</p>
      <div className="row end">
        {card.conversation !== '' && (
          <Button size="compact-sm" onClick={open}>
            {t('inboxOpen')}
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={() => void desk.readNotice(card.id)}>
          {t(card.conversation === '' ? 'inboxRead' : 'inboxDismiss')}
        </Button>
      </div>
    </article>
  );
}
