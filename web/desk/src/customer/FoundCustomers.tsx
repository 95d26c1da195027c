import { useEffect, useState } from 'react';
import { isMissing } from '../store/office.ts';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts } from '../view/use.ts';
import { Ago } from './Moment.tsx';
import type { Customer } from './types.ts';
import { nameText, valueText } from './use.ts';

/** A search begins so long after the last letter, in ms. */
const PAUSE = 250;
const LIMIT = 10;

interface Found {
  state: 'none' | 'loading' | 'ready' | 'missing' | 'failed';
  customers: readonly Customer[];
  more: boolean;
}

const NOTHING: Found = { state: 'none', customers: [], more: false };

function useFound(query: string): Found {
  const desk = useDesk();
  const [found, setFound] = useState(NOTHING);
  useEffect(() => {
    let current = true;
    const text = query.trim();
    if (text === '') {
      setFound(NOTHING);
      return;
    }
    const timer = setTimeout(() => {
      setFound({ ...NOTHING, state: 'loading' });
      const asks = new URLSearchParams({ q: text, limit: String(LIMIT) });
      desk.call<{ customers: Customer[]; more: boolean }>({ path: `/api/v1/customers?${asks}` }).then(
        ({ customers, more }) => current && setFound({ state: 'ready', customers, more }),
        (error) => current && setFound({ ...NOTHING, state: isMissing(error) ? 'missing' : 'failed' }),
      );
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [desk, query]);
  return found;
}

/** Customers by a part of their name in kanji, kana or romaji, of a number or an address. */
export function FoundCustomers({ query }: { query: string }) {
  const desk = useDesk();
  const { open } = useUi();
  const t = useTexts();
  const { state, customers, more } = useFound(query);
  // A center that keeps no customers has no part for them.
  if (state === 'none' || state === 'missing') return null;
  return (
    <section aria-label={t('foundCustomers')}>
      <h2>{t('foundCustomers')}</h2>
      <div aria-live="polite">
        {state === 'loading' && <p className="empty">{t('loading')}</p>}
        {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
        {state === 'ready' && customers.length === 0 && <p className="empty">{t('nothingFound')}</p>}
      </div>
      <ol className="found">
        {customers.map((customer) => (
          <li key={customer.customer}>
            <button
              type="button"
              className="item past"
              onClick={() => {
                desk.meet(customer.customer);
                open('person');
              }}
            >
              <span className="item-head">
                <strong className="clip">{nameText(t, customer)}</strong>
                {customer.last_at > 0 && <Ago at={customer.last_at} />}
              </span>
              <span className="item-text">
                <span className="clip">
                  {[
                    customer.fields.kana,
                    ...customer.identities.filter((one) => one.kind !== 'center').map(valueText),
                  ]
                    .filter(Boolean)
                    .join('　')}
                </span>
                {customer.fields.tier && <span className="tag">{customer.fields.tier}</span>}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {more && <p className="hint">{t('foundMore')}</p>}
    </section>
  );
}
