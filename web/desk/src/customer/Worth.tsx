import { useTexts, useView } from '../view/use.ts';
import type { Figures } from './types.ts';

/** What a customer's history says in figures; what is known and what is guessed stand apart. */
export function Worth({ figures }: { figures: Figures }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const yen = (amount: number) =>
    new Intl.NumberFormat(language, { style: 'currency', currency: 'JPY' }).format(amount);
  const { orders, spent, spent_365, expected, churn_percent, recency, frequency, money } = figures;
  return (
    <section aria-label={t('worth')}>
      <h2>{t('worth')}</h2>
      {orders === 0 ? (
        <p className="empty">{t('worthNever')}</p>
      ) : (
        <dl>
          <dt>{t('worthSpent')}</dt>
          <dd>
            {yen(spent)} <span className="hint">{t('worthOrders', { n: orders })}</span>
          </dd>
          <dt>{t('worthYear')}</dt>
          <dd>{yen(spent_365)}</dd>
          <dt>{t('worthScores')}</dt>
          <dd>{`R${recency} F${frequency} M${money}`}</dd>
          {churn_percent !== undefined && (
            <>
              <dt>{t('worthExpected')}</dt>
              <dd>{yen(expected)}</dd>
              <dt>{t('worthChurn')}</dt>
              <dd>{churn_percent} %</dd>
            </>
          )}
        </dl>
      )}
    </section>
  );
}
