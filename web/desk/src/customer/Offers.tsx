import { Button } from '@mantine/core';
import { useState } from 'react';
import { useDesk, useTexts, useView } from '../view/use.ts';
import type { NextOffer } from './types.ts';
import { reasonOf, useSameId } from './use.ts';

/** What to propose next, and what the customer said to it. */
export function Offers({ id, offers, talk }: { id: string; offers: readonly NextOffer[]; talk: string }) {
  const t = useTexts();
  if (offers.length === 0) return null;
  return (
    <section className="next-offers" aria-label={t('offerNext')}>
      <h2>{t('offerNext')}</h2>
      <ul>
        {offers.map((offer) => (
          <One key={offer.offer} id={id} offer={offer} talk={talk} />
        ))}
      </ul>
    </section>
  );
}

function One({ id, offer, talk }: { id: string; offer: NextOffer; talk: string }) {
  const desk = useDesk();
  const t = useTexts();
  const { language } = useView().preferences;
  const ids = useSameId();
  const [busy, setBusy] = useState(false);
  const answer = async (word: 'accepted' | 'declined') => {
    setBusy(true);
    try {
      await desk.book.answer(id, ids.of({ offer: offer.offer, word }), offer.offer, word, talk);
      desk.tell('offerNoted', true);
    } catch (error) {
      desk.tell(reasonOf(error), false);
    } finally {
      setBusy(false);
    }
  };
  return (
    <li>
      <span className="grow">{offer.title[language] || offer.title.ja}</span>
      <Button size="compact-xs" disabled={busy} onClick={() => void answer('accepted')}>
        {t('offerAccepted')}
      </Button>
      <Button size="compact-xs" variant="default" disabled={busy} onClick={() => void answer('declined')}>
        {t('offerDeclined')}
      </Button>
    </li>
  );
}
