import { useState } from 'react';
import { useTexts, useView } from '../../view/use.ts';
import '../console.css';
import { CampaignsPart } from './campaigns/CampaignsPart.tsx';
import { NeverList } from './campaigns/NeverList.tsx';
import { FlowsPart } from './FlowsPart.tsx';
import { LiveCalls } from './LiveCalls.tsx';
import { LostCalls, Voicemails } from './lists.tsx';
import { Numbers } from './Numbers.tsx';
import { PastCalls } from './PastCalls.tsx';
import { Trunks } from './Trunks.tsx';
import './calls.css';

const OF_AGENTS = ['lost', 'voicemails', 'past'] as const;
const OF_SUPERVISORS = [
  'live',
  'lost',
  'voicemails',
  'past',
  'campaigns',
  'never',
  'trunks',
  'numbers',
  'flows',
] as const;
type Tab = (typeof OF_SUPERVISORS)[number];

/** Calls besides the present one: for everybody those to be called back, for supervisors all and what they run on. */
export default function Calls() {
  const { account } = useView();
  const t = useTexts();
  const tabs: readonly Tab[] = account?.role === 'supervisor' ? OF_SUPERVISORS : OF_AGENTS;
  const [chosen, setChosen] = useState<Tab>(tabs[0] ?? 'lost');
  return (
    <div className="admin">
      <h1 className="unseen">{t('page_calls')}</h1>
      <nav className="admin-tabs" aria-label={t('callTabs')}>
        {tabs.map((tab) => (
          <button
            key={tab}
            type="button"
            aria-current={chosen === tab ? 'page' : undefined}
            onClick={() => setChosen(tab)}
          >
            {t(`callTab_${tab}`)}
          </button>
        ))}
      </nav>
      <section aria-label={t(`callTab_${chosen}`)}>
        <Part tab={chosen} />
      </section>
    </div>
  );
}

function Part({ tab }: { tab: Tab }) {
  switch (tab) {
    case 'live':
      return <LiveCalls />;
    case 'lost':
      return <LostCalls />;
    case 'voicemails':
      return <Voicemails />;
    case 'past':
      return <PastCalls />;
    case 'campaigns':
      return <CampaignsPart />;
    case 'never':
      return <NeverList />;
    case 'trunks':
      return <Trunks />;
    case 'numbers':
      return <Numbers />;
    case 'flows':
      return <FlowsPart />;
  }
}
