import { NativeSelect } from '@mantine/core';
import { useState } from 'react';
import { useLoaded } from '../../cases/use.ts';
import { useTexts, useView } from '../../view/use.ts';
import { Grid } from '../Grid.tsx';
import { dayText, pointsOf, type Series, seriesOf, type TrendDay } from './trend.ts';

const DAYS = [30, 90, 366] as const;
const [WIDTH, HEIGHT] = [160, 36];

/** How many belonged to each segment, and had each loyalty tier, day by day. */
export function TrendPart() {
  const t = useTexts();
  const [days, setDays] = useState(90);
  const path = `/api/v1/segment-trend?days=${days}`;
  const { state, value } = useLoaded<{ days: TrendDay[] }>(path, { days: [] });
  const { office, preferences } = useView();
  const segment = (id: string) => {
    const known = office.segments.list.find((one) => one.segment === id);
    return known?.name[preferences.language] || known?.name.ja || id;
  };
  return (
    <>
      <div className="card row insight-filters">
        <NativeSelect
          size="xs"
          label={t('journeyPeriod')}
          value={String(days)}
          data={DAYS.map((n) => ({ value: String(n), label: t('journeyDays', { n }) }))}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
        />
        <p className="hint grow">{t('trendHint')}</p>
      </div>
      <div role="status">
        {state === 'loading' && <p className="empty">{t('loading')}</p>}
        {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
        {state === 'ready' && value.days.length === 0 && <p className="empty">{t('trendNone')}</p>}
      </div>
      {value.days.length > 0 && (
        <>
          <Table title={t('tab_segments')} series={seriesOf(value.days, 'segments')} nameOf={segment} />
          <Table title={t('field_tier')} series={seriesOf(value.days, 'tiers')} nameOf={(id) => id} />
          <Days days={value.days} nameOf={segment} />
        </>
      )}
    </>
  );
}

interface TableProps {
  title: string;
  series: readonly Series[];
  nameOf: (id: string) => string;
}

/** One line each, with its first and last figure. */
function Table({ title, series, nameOf }: TableProps) {
  const _t = useTexts();
  if (series.length === 0) return null;
  return (
    <div className="card">
      <h2>{title}</h2>
      <Grid columns={['trendName', 'trendFirst', 'trendLast', 'trendChange', 'trendLine']}>
        {series.map((one) => {
          const [first, last] = [one.points[0]?.n ?? 0, one.points.at(-1)?.n ?? 0];
          const change = last - first;
          return (
            <tr key={one.id}>
              <th scope="row">{nameOf(one.id)}</th>
              <td className="number">{first}</td>
              <td className="number">{last}</td>
              <td className="number">{change > 0 ? `+${change}` : change}</td>
              <td>
                <Line series={one} />
              </td>
            </tr>
          );
        })}
      </Grid>
    </div>
  );
}

function Line({ series }: { series: Series }) {
  const points = pointsOf(series, WIDTH, HEIGHT);
  const [x, y] = points.split(' ')[0]?.split(',') ?? [];
  return (
    <svg className="trend-line" viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`} aria-hidden="true">
      {series.points.length > 1 ? <polyline points={points} /> : <circle cx={x} cy={y} r={3} />}
    </svg>
  );
}

/** Every figure of every day. */
function Days({ days, nameOf }: { days: readonly TrendDay[]; nameOf: (id: string) => string }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const ids = [...new Set(days.flatMap((day) => Object.keys(day.segments)))];
  return (
    <details className="card">
      <summary>{t('trendDays')}</summary>
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">{t('trendDay')}</th>
            <th scope="col">{t('trendAll')}</th>
            {ids.map((id) => (
              <th scope="col" key={id}>
                {nameOf(id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.toReversed().map((one) => (
            <tr key={one.day}>
              <th scope="row">{dayText(one.day, language)}</th>
              <td className="number">{one.customers}</td>
              {ids.map((id) => (
                <td className="number" key={id}>
                  {one.segments[id] ?? 0}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
