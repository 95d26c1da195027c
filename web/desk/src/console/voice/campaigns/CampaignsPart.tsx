import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTexts, useView } from '../../../view/use.ts';
import { PolledNote } from '../PolledNote.tsx';
import { usePolled } from '../usePolled.ts';
import { CampaignDetail } from './CampaignDetail.tsx';
import { CampaignForm } from './CampaignForm.tsx';
import { type Campaign, freshPlan, isCampaignId } from './campaign.ts';
import './campaigns.css';

/** Asked for again so long after an answer, in ms. */
const EVERY = 2_000;

/** Outbound campaigns: a list at the left, the chosen one at the right. */
export function CampaignsPart() {
  const t = useTexts();
  const polled = usePolled<Campaign>('/api/v1/campaigns', EVERY);
  const [chosen, setChosen] = useState<{ id: string; fresh: boolean } | null>(null);
  const campaign = polled.list.find((one) => one.id === chosen?.id);
  return (
    <div className="editor flows">
      <div className="card">
        <NewCampaign
          taken={polled.list.map((one) => one.id)}
          begin={(id) => setChosen({ id, fresh: true })}
        />
        <PolledNote polled={polled} empty="noCampaigns" />
        <ul>
          {polled.list.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                className="item"
                aria-current={chosen?.id === one.id}
                onClick={() => setChosen({ id: one.id, fresh: false })}
              >
                <span className="item-head">
                  <span className="clip">{one.plan.name || one.id}</span>
                  <span className="tag">{t(`campaignPhase_${one.phase}`)}</span>
                </span>
                <span className="hint">
                  {t('campaignReached', { n: one.outcomes.answered ?? 0, all: one.entries })}
                </span>
                {one.capped && <span className="hint bad">▲ {t('campaignCapped')}</span>}
              </button>
            </li>
          ))}
        </ul>
      </div>
      <Chosen campaign={campaign} fresh={chosen?.fresh ? chosen.id : ''} again={polled.again} />
    </div>
  );
}

function Chosen(props: { campaign: Campaign | undefined; fresh: string; again: () => void }) {
  const { campaign, fresh, again } = props;
  const { office } = useView();
  const t = useTexts();
  if (campaign) return <CampaignDetail key={campaign.id} campaign={campaign} again={again} />;
  if (fresh === '') return <p className="empty">{t('choosePlease')}</p>;
  const queue = office.queues.list[0]?.queue ?? '';
  return (
    <div className="card">
      <h2>{fresh}</h2>
      <CampaignForm key={fresh} id={fresh} start={freshPlan(queue)} exists={false} saved={again} />
    </div>
  );
}

function NewCampaign({ taken, begin }: { taken: readonly string[]; begin: (id: string) => void }) {
  const t = useTexts();
  const [id, setId] = useState('');
  const fits = isCampaignId(id) && !taken.includes(id);
  return (
    <form
      className="new-flow"
      onSubmit={(event) => {
        event.preventDefault();
        if (fits) begin(id);
        setId('');
      }}
    >
      <TextInput
        label={t('campaignId')}
        value={id}
        error={id !== '' && !fits ? t(taken.includes(id) ? 'nodeIdTaken' : 'nodeIdBad') : undefined}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <Button type="submit" size="compact-md" variant="default" disabled={!fits}>
        ＋ {t('newCampaign')}
      </Button>
    </form>
  );
}
