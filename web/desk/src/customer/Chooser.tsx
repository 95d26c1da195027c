import { Button } from '@mantine/core';
import { useState } from 'react';
import { useDesk, useTexts } from '../view/use.ts';
import { Ago } from './Moment.tsx';
import type { Customer } from './types.ts';
import { nameText, reasonOf } from './use.ts';

/** Several records have the same number, address or id: a person says which one it is. */
export function Chooser({ id, matches }: { id: string; matches: readonly Customer[] }) {
  const desk = useDesk();
  const t = useTexts();
  const [busy, setBusy] = useState(false);
  const choose = async (other: string) => {
    setBusy(true);
    try {
      await desk.book.link(id, other);
    } catch (error) {
      desk.tell(reasonOf(error), false);
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="chooser" aria-label={t('chooserTitle')}>
      <h2>{t('chooserTitle')}</h2>
      <p className="hint">{t('chooserText')}</p>
      <ol>
        {matches.map((other) => (
          <li key={other.customer}>
            <span className="chooser-name">
              <strong>{nameText(t, other)}</strong> {other.fields.kana} {other.fields.tier}
              {other.last_at > 0 && (
                <>
                  {' '}
                  <Ago at={other.last_at} />
                </>
              )}
            </span>
            <Button
              size="compact-sm"
              loading={busy}
              aria-label={t('chooserThisOne', { name: other.fields.name || nameText(t, other) })}
              onClick={() => void choose(other.customer)}
            >
              {t('chooserThis')}
            </Button>
          </li>
        ))}
      </ol>
    </section>
  );
}
