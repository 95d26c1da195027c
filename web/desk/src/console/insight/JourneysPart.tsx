import { clock, day } from '@madoguchi/shared';
import { Button, NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useCalled } from '../../customer/called.ts';
import { STAGES, type Stage } from '../../customer/types.ts';
import { useTexts, useView } from '../../view/use.ts';
import { Grid } from '../Grid.tsx';
import { Flow } from './Flow.tsx';
import { type Asked, type Journeys, percent, spanOf } from './journeys.ts';
import { type Counted, useJourneys } from './useJourneys.ts';

const DAYS = [30, 90, 180, 366] as const;
const START: Asked = { days: 90, segment: '', channel: '', route: '', by: 'stage' };

/** The ways that all customers went: paths, who went on from where, how long it took. */
export function JourneysPart() {
  const [asked, setAsked] = useState(START);
  const counted = useJourneys(asked);
  const { value } = counted;
  return (
    <>
      <Filters asked={asked} value={value} onChange={setAsked} />
      <Note counted={counted} />
      {value && value.customers > 0 && (
        <>
          <div className="card">
            <Flow journeys={value} />
            <Stages journeys={value} />
          </div>
          <Paths journeys={value} />
          <Crossings journeys={value} />
        </>
      )}
    </>
  );
}

interface FilterProps {
  asked: Asked;
  value: Journeys | null;
  onChange: (asked: Asked) => void;
}

function Filters({ asked, value, onChange }: FilterProps) {
  const { office, preferences } = useView();
  const t = useTexts();
  const called = useCalled();
  const entryText = (channel: string, route: string): string =>
    [channel, called.route(route)].filter((part) => part !== '').join(' ');
  const segments = office.segments.list.map((one) => ({
    value: one.segment,
    label: one.name[preferences.language] || one.name.ja,
  }));
  const entries = (value?.entries ?? []).map(({ channel, route, customers }) => ({
    value: JSON.stringify([channel, route]),
    label: t('journeyEntry', { what: entryText(channel, route) || t('journeyEntryNone'), n: customers }),
  }));
  const chosen = asked.channel || asked.route ? JSON.stringify([asked.channel, asked.route]) : '';
  const known = entries.some((one) => one.value === chosen);
  const own = { value: chosen, label: entryText(asked.channel, asked.route) };
  return (
    <div className="card row insight-filters">
      <NativeSelect
        size="xs"
        label={t('journeyPeriod')}
        value={String(asked.days)}
        data={DAYS.map((n) => ({ value: String(n), label: t('journeyDays', { n }) }))}
        onChange={(event) => onChange({ ...asked, days: Number(event.currentTarget.value) })}
      />
      <NativeSelect
        size="xs"
        label={t('tab_segments')}
        value={asked.segment}
        data={[{ value: '', label: t('offerEverybody') }, ...segments]}
        onChange={(event) => onChange({ ...asked, segment: event.currentTarget.value })}
      />
      <NativeSelect
        size="xs"
        label={t('journeyCameIn')}
        value={chosen}
        data={[{ value: '', label: t('boardAll') }, ...(chosen && !known ? [own] : []), ...entries]}
        onChange={(event) => {
          const [channel = '', route = ''] = JSON.parse(event.currentTarget.value || '["",""]') as string[];
          onChange({ ...asked, channel, route });
        }}
      />
      <NativeSelect
        size="xs"
        label={t('journeyBy')}
        value={asked.by}
        data={(['stage', 'kind'] as const).map((by) => ({ value: by, label: t(`journeyBy_${by}`) }))}
        onChange={(event) => onChange({ ...asked, by: event.currentTarget.value as Asked['by'] })}
      />
    </div>
  );
}

/** Whether the figures are those that were asked for, and of when. */
function Note({ counted: { state, value, again } }: { counted: Counted }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const at = value ? `${day(value.until, language)} ${clock(value.until, language)}` : '';
  return (
    <div role="status">
      {(state === 'loading' || state === 'counting') && <p className="empty">{t('journeyCounting')}</p>}
      {state === 'failed' && (
        <p className="empty">
          {t('notLoaded')}{' '}
          <Button size="compact-xs" variant="default" onClick={again}>
            {t('retry')}
          </Button>
        </p>
      )}
      {state === 'ready' && value?.customers === 0 && <p className="empty">{t('journeyNobody')}</p>}
      {state === 'ready' && value && value.customers > 0 && (
        <p className="hint">{t('journeyOf', { n: value.customers, at })}</p>
      )}
    </div>
  );
}

function useSpan(): (ms: number) => string {
  const t = useTexts();
  return (ms) => {
    const { unit, n } = spanOf(ms);
    return t(`span_${unit}`, { n });
  };
}

function Stages({ journeys }: { journeys: Journeys }) {
  const t = useTexts();
  return (
    <Grid
      columns={['journeyStage', 'journeyReached', 'journeyWentOn', 'journeyStayed']}
      caption="journeyStages"
    >
      {journeys.stages.map((one) => (
        <tr key={one.stage}>
          <th scope="row">{t(`stage_${one.stage}`)}</th>
          <td className="number">{one.reached}</td>
          <td className="number">
            {one.went_on}（{percent(one.went_on, one.reached)}）
          </td>
          <td className="number">
            {one.stayed}（{percent(one.stayed, one.reached)}）
          </td>
        </tr>
      ))}
    </Grid>
  );
}

function Paths({ journeys }: { journeys: Journeys }) {
  const t = useTexts();
  const called = useCalled();
  const isStage = (step: string): step is Stage => (STAGES as readonly string[]).includes(step);
  const word = (step: string) => (isStage(step) ? t(`stage_${step}`) : called.kind(step));
  return (
    <div className="card">
      <h2>{t('journeyPaths')}</h2>
      <table className="grid paths">
        <thead>
          <tr>
            {(['journeyPath', 'journeyCustomers', 'journeyShare'] as const).map((column) => (
              <th scope="col" key={column}>
                {t(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {journeys.paths.map((path) => (
            <tr key={`${path.steps.join(' ')} ${path.cut}`}>
              <th scope="row">
                {path.steps.map(word).join(' → ')}
                {path.cut && ` ${t('journeyGoesOn')}`}
              </th>
              <td className="number">{path.customers}</td>
              <td className="number">{percent(path.customers, journeys.customers)}</td>
            </tr>
          ))}
          {journeys.elsewhere > 0 && (
            <tr data-off="true">
              <th scope="row">{t('journeyElsewhere')}</th>
              <td className="number">{journeys.elsewhere}</td>
              <td className="number">{percent(journeys.elsewhere, journeys.customers)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

function Crossings({ journeys }: { journeys: Journeys }) {
  const t = useTexts();
  const span = useSpan();
  const list = [...journeys.crossings].sort((a, b) => b.times - a.times);
  if (list.length === 0) return null;
  return (
    <div className="card">
      <h2>{t('journeyTook')}</h2>
      <Grid columns={['journeyFromTo', 'journeyTimesCol', 'journeyMedian', 'journeyP90']}>
        {list.map((one) => (
          <tr key={`${one.from} ${one.to}`}>
            <th scope="row">
              {t(`stage_${one.from}`)} → {t(`stage_${one.to}`)}
            </th>
            <td className="number">{one.times}</td>
            <td className="number">{span(one.median)}</td>
            <td className="number">{span(one.p90)}</td>
          </tr>
        ))}
      </Grid>
    </div>
  );
}
