import { clock, day } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Text } from '../../../texts.ts';
import { useDesk, useTexts, useView } from '../../../view/use.ts';
import { numberText } from '../../../voice/use.ts';
import { Grid } from '../../Grid.tsx';
import type { Entry } from './campaign.ts';

/** Entries of a page. */
const PAGE = 50;

/** People of a campaign, and what became of them. Looked at on demand: the center notes who read numbers. */
export function CampaignEntries({ id, version }: { id: string; version: string }) {
  const desk = useDesk();
  const t = useTexts();
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [pages, setPages] = useState(1);
  const [more, setMore] = useState(false);
  const shown = entries !== null;
  const load = async (count: number) => {
    const all: Entry[] = [];
    for (let page = 0; page < count; page += 1) {
      const after = encodeURIComponent(all.at(-1)?.id ?? '');
      const path = `/api/v1/campaigns/${encodeURIComponent(id)}?limit=${PAGE}&after=${after}`;
      const answer = await desk.call<{ entries: Entry[] }>({ path });
      all.push(...answer.entries);
      setMore(answer.entries.length === PAGE);
      if (answer.entries.length < PAGE) break;
    }
    setEntries(all);
  };
  const ask = (count: number) => load(count).catch(() => desk.tell('not_loaded', false));
  // biome-ignore lint/correctness/useExhaustiveDependencies: what changed in figures changed in the list.
  useEffect(() => {
    if (shown) void ask(pages);
  }, [version]);
  return (
    <div className="card">
      <div className="row campaign-head">
        <h2>{t('campaignPeople')}</h2>
        <Button size="compact-sm" variant="default" onClick={() => void ask(pages)}>
          {t(shown ? 'retry' : 'campaignPeopleShow')}
        </Button>
      </div>
      {entries?.length === 0 && <p className="empty">{t('campaignNobody')}</p>}
      {entries && entries.length > 0 && <Table entries={entries} />}
      {more && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            setPages(pages + 1);
            void ask(pages + 1);
          }}
        >
          {t('campaignMore')}
        </Button>
      )}
    </div>
  );
}

function Table({ entries }: { entries: readonly Entry[] }) {
  const { language } = useView().preferences;
  const t = useTexts();
  const columns = ['colWho', 'factNumber', 'colStage', 'colOutcome', 'colAttempts', 'colAgain'] as const;
  return (
    <Grid columns={columns}>
      {entries.map((entry) => (
        <tr key={entry.id} data-off={entry.do_not_call || entry.stage === 'done'}>
          <th scope="row">{entry.name ? t('honorific', { name: entry.name }) : t('anonymous')}</th>
          <td>{entry.number === '' ? t('erased') : numberText(t, entry.number)}</td>
          <td>
            {t(`stage_${entry.stage}`)}
            {entry.do_not_call && <span className="tag">{t('neverTag')}</span>}
          </td>
          <td>{entry.last === '' ? '—' : t(`outcome_${entry.last}` as Text)}</td>
          <td className="number">{entry.attempts}</td>
          <td>
            {entry.again_at > 0 && !entry.do_not_call
              ? `${day(entry.again_at, language)} ${clock(entry.again_at, language)}`
              : '—'}
          </td>
        </tr>
      ))}
    </Grid>
  );
}
