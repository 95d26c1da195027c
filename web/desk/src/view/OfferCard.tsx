import { duration, type Offer, readable } from '@madoguchi/shared';
import { Button, Progress } from '@mantine/core';
import { OfferWho } from '../customer/Who.tsx';
import { queueName } from '../store/view.ts';
import { Boundary } from './Boundary.tsx';
import { ChatIcon, PhoneIcon } from './icons.tsx';
import { useDesk, useNow, useTexts, useView } from './use.ts';

/** The bar is full at this many ms; offers usually stand that long. */
const FULL = 20_000;

export function OfferCard({ offer, first }: { offer: Offer; first: boolean }) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const now = useNow(200);
  const left = Math.max(0, offer.expires - now);
  const name = offer.customer_name || t('anonymous');
  return (
    <article className="offer" aria-label={`${t('incoming')}: ${name}`}>
      {offer.channel === 'voice' && <p className="hint">{t('callIncoming')}</p>}
      <p className="offer-head">
        <span className="ring">{offer.channel === 'voice' ? <PhoneIcon /> : <ChatIcon />}</span>
        <strong className="clip">{offer.customer_name ? t('honorific', { name }) : name}</strong>
        <span className="queue">{queueName(view, offer.queue)}</span>
        {offer.callback === true && <span className="tag">{t('callback')}</span>}
      </p>
      {offer.customer && (
        <Boundary fallback={<p className="hint">{t('whoFailed')}</p>}>
          <OfferWho customer={offer.customer} />
        </Boundary>
      )}
      {offer.preview && <p className="preview">{readable(offer.preview, view.preferences.language)}</p>}
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
