import { duration, lastMessage, type Offer, type Thread } from '@madoguchi/shared';
import { Button, Progress } from '@mantine/core';
import { ChatIcon } from './icons.tsx';
import { useDesk, useNow, useTexts } from './use.ts';

/** The bar is full at this many ms; offers usually stand that long. */
const FULL = 20_000;

interface CardProps {
  offer: Offer;
  /** The conversation, as far as it is here already. */
  thread: Thread | undefined;
  first: boolean;
}

export function OfferCard({ offer, thread, first }: CardProps) {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow(200);
  const left = Math.max(0, offer.expires - now);
  const given = thread?.name || offer.customer_name;
  const name = given || t('anonymous');
  const preview = (thread && lastMessage(thread)?.text) || offer.preview;
  return (
    <article className="offer" aria-label={`${t('incoming')}: ${name}`}>
      <p className="offer-head">
        <span className="ring">
          <ChatIcon />
        </span>
        <strong className="clip">{given ? t('honorific', { name }) : name}</strong>
        <span className="queue">{offer.queue}</span>
      </p>
      {preview && <p className="preview">{preview}</p>}
      <p className="offer-times">
        <span>{t('waited', { time: duration(now - offer.enqueued) })}</span>
        <span>{t('remaining', { n: Math.ceil(left / 1_000) })}</span>
      </p>
      <Progress value={Math.min(100, (left / FULL) * 100)} size="sm" aria-hidden="true" />
      <div className="row">
        <Button
          size="compact-md"
          onClick={() => desk.accept(offer)}
          rightSection={first && <kbd className="key">A</kbd>}
        >
          {t('accept')}
        </Button>
        <Button
          size="compact-md"
          variant="default"
          onClick={() => desk.decline(offer)}
          rightSection={first && <kbd className="key">D</kbd>}
        >
          {t('decline')}
        </Button>
      </div>
    </article>
  );
}
