import { useTexts, useView } from '../view/use.ts';
import { useCalled } from './called.ts';
import { ShortMoment } from './Moment.tsx';
import type { Customer, Known } from './types.ts';
import { nameText, useCustomer, wordText } from './use.ts';

/** So many names of those who may be meant. */
const NAMES = 3;

/** Who it is, on the card of an offer: before the answer, and never in its way. */
export function OfferWho({ customer }: { customer: string }) {
  const t = useTexts();
  const { state, known } = useCustomer(customer);
  if (state === 'missing') return null;
  return (
    <div className="who" aria-live="polite">
      {known ? (
        <Brief known={known} />
      ) : (
        <p className="hint">
          {t(state === 'loading' ? 'whoLoading' : state === 'failed' ? 'whoFailed' : 'whoNew')}
        </p>
      )}
      {known && state === 'failed' && <p className="hint">{t('whoFailed')}</p>}
    </div>
  );
}

function Brief({ known: { customer, timeline, matches, offers } }: { known: Known }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const next = offers[0];
  const names = matches.slice(0, NAMES).map((other) => nameText(t, other));
  return (
    <>
      <Head customer={customer} />
      {names.length > 0 && (
        <p className="who-matches">{t('whoMatches', { names: names.join(t('comma')) })}</p>
      )}
      {customer.thin && names.length === 0 && (
        <p>
          <span className="tag">{t('whoNew')}</span>
        </p>
      )}
      {next && (
        <p className="who-offer">
          <span className="hint">{t('offerNext')}</span> {next.title[language] || next.title.ja}
        </p>
      )}
      {timeline.length > 0 && (
        <ol className="moments-short" aria-label={t('whoLast')}>
          {timeline.slice(0, 2).map((entry) => (
            <ShortMoment key={entry.id} entry={entry} />
          ))}
        </ol>
      )}
    </>
  );
}

/** Name, reading, what kind of customer, and what everybody should know. */
export function Head({ customer }: { customer: Customer }) {
  const t = useTexts();
  const { office, preferences } = useView();
  const words = useCalled();
  const { kana, tier, stage, note, department, post } = customer.fields;
  const called = (id: string) => office.segments.list.find((one) => one.segment === id)?.name;
  return (
    <>
      {!customer.thin && (
        <p className="who-name">
          <strong>{nameText(t, customer)}</strong>
          {kana && <span className="who-kana">{kana}</span>}
        </p>
      )}
      <p className="who-tags">
        {customer.kind === 'company' && <span className="tag">{t('kindCompany')}</span>}
        {department && <span className="tag">{words.department(department)}</span>}
        {post && <span className="tag">{post}</span>}
        {tier && <span className="tag strong">{tier}</span>}
        {stage && <span className="tag">{wordText(t, 'stage', stage)}</span>}
        {customer.segments.map((segment) => (
          <span key={segment} className="tag">
            {called(segment)?.[preferences.language] || called(segment)?.ja || segment}
          </span>
        ))}
      </p>
      {note && (
        <p className="who-note">
          <span className="unseen">{t('field_note')}</span>
          {note}
        </p>
      )}
    </>
  );
}
