import { clock, day } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { queueName } from '../../../store/view.ts';
import type { Text } from '../../../texts.ts';
import { useDesk, useTexts, useView } from '../../../view/use.ts';
import { useAct } from '../../useAct.ts';
import { CampaignEntries } from './CampaignEntries.tsx';
import { CampaignForm } from './CampaignForm.tsx';
import { type Campaign, formOf, shareText } from './campaign.ts';
import { ImportPeople } from './ImportPeople.tsx';
import { ImportSegment } from './ImportSegment.tsx';

/** One campaign: how it stands, what can be done with it, its people and its rules. */
export function CampaignDetail({ campaign, again }: { campaign: Campaign; again: () => void }) {
  const t = useTexts();
  return (
    <div className="campaign">
      <div className="card">
        <Head campaign={campaign} again={again} />
        <Figures campaign={campaign} />
      </div>
      {campaign.phase !== 'finished' && (
        <>
          <ImportPeople id={campaign.id} added={again} />
          <ImportSegment id={campaign.id} added={again} />
        </>
      )}
      <CampaignEntries
        id={campaign.id}
        version={`${campaign.entries} ${campaign.attempts} ${campaign.done}`}
      />
      <details className="card">
        <summary>{t('campaignRules')}</summary>
        <CampaignForm id={campaign.id} start={formOf(campaign.plan)} exists saved={again} />
      </details>
    </div>
  );
}

function Head({ campaign, again }: { campaign: Campaign; again: () => void }) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const act = useAct();
  const { id, phase, plan } = campaign;
  const path = `/api/v1/campaigns/${encodeURIComponent(id)}/do`;
  const order = (deed: 'start' | 'pause' | 'stop', said: string) =>
    void act(() => desk.call({ method: 'POST', path, body: { do: deed } }), said).then(again);
  const [asking, setAsking] = useState(false);
  return (
    <div className="row campaign-head">
      <div>
        <h2>
          {plan.name || id} <span className="tag">{t(`campaignPhase_${phase}`)}</span>
        </h2>
        <p className="hint">
          {t(`campaignMode_${plan.mode}`)}・{queueName(view, plan.queue)}・{plan.caller_id}
        </p>
      </div>
      {phase !== 'finished' && (
        <div className="row">
          {phase === 'running' ? (
            <Button variant="default" onClick={() => order('pause', 'campaign_paused')}>
              {t('campaignPause')}
            </Button>
          ) : (
            <Button onClick={() => order('start', 'campaign_started')}>{t('campaignStart')}</Button>
          )}
          {!asking && (
            <Button variant="default" onClick={() => setAsking(true)}>
              {t('campaignStop')}
            </Button>
          )}
        </div>
      )}
      {asking && phase !== 'finished' && (
        <div className="row asking" role="alert">
          <span className="grow">{t('campaignStopAsk')}</span>
          <Button variant="default" onClick={() => setAsking(false)}>
            {t('cancel')}
          </Button>
          <Button color="red.9" onClick={() => order('stop', 'campaign_stopped')}>
            {t('campaignStop')}
          </Button>
        </div>
      )}
    </div>
  );
}

function Figures({ campaign }: { campaign: Campaign }) {
  const { preferences } = useView();
  const t = useTexts();
  const { outcomes, plan, next_at, phase } = campaign;
  const share = shareText(campaign.found_nobody, campaign.picked_up);
  const cap = `${(plan.abandon.permille / 10).toFixed(1)}%`;
  const tiles = [
    { name: t('tileEntries'), value: campaign.entries, bad: false },
    { name: t('tileReached'), value: outcomes.answered ?? 0, bad: false },
    { name: t('tileDue'), value: campaign.due, bad: false },
    { name: t('tileCalling'), value: campaign.dialled + campaign.previewed, bad: false },
    { name: t('tileAttempts'), value: campaign.attempts, bad: false },
    { name: t('tileAbandoned', { cap }), value: share || '—', bad: campaign.capped },
  ];
  const later = phase === 'running' && next_at > Date.now();
  const others = Object.entries(outcomes).filter(([outcome]) => outcome !== 'answered');
  return (
    <>
      <dl className="tiles">
        {tiles.map((tile) => (
          <div key={tile.name} className={tile.bad ? 'tile bad' : 'tile'}>
            <dt>{tile.name}</dt>
            <dd>
              {tile.bad && <span aria-hidden="true">▲ </span>}
              {tile.value}
            </dd>
          </div>
        ))}
      </dl>
      {campaign.capped && <p className="hint bad">▲ {t('campaignCappedLong', { cap })}</p>}
      {later && (
        <p className="hint">
          {t('campaignNext', {
            time: `${day(next_at, preferences.language)} ${clock(next_at, preferences.language)}`,
          })}
        </p>
      )}
      {others.length > 0 && (
        <p className="hint">
          {others.map(([outcome, n]) => `${t(`outcome_${outcome}` as Text)} ${n}`).join(t('comma'))}
        </p>
      )}
    </>
  );
}
