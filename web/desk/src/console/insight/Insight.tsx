import { useEffect, useState } from 'react';
import { useDesk, useTexts } from '../../view/use.ts';
import '../console.css';
import './insight.css';
import { JourneysPart } from './JourneysPart.tsx';
import { MediaPart } from './MediaPart.tsx';
import { TrendPart } from './TrendPart.tsx';

const TABS = ['journeys', 'media', 'trend'] as const;
type Tab = (typeof TABS)[number];

/** What all customers did, for supervisors. */
export default function Insight() {
  const desk = useDesk();
  const t = useTexts();
  const [tab, setTab] = useState<Tab>('journeys');
  useEffect(() => void desk.office.load(['segments']), [desk]);
  return (
    <div className="admin insight">
      <h1 className="unseen">{t('page_insight')}</h1>
      <nav className="admin-tabs" aria-label={t('insightTabs')}>
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            aria-current={tab === one ? 'page' : undefined}
            onClick={() => setTab(one)}
          >
            {t(`insightTab_${one}`)}
          </button>
        ))}
      </nav>
      <section aria-label={t(`insightTab_${tab}`)}>
        {tab === 'journeys' && <JourneysPart />}
        {tab === 'media' && <MediaPart />}
        {tab === 'trend' && <TrendPart />}
      </section>
    </div>
  );
}
