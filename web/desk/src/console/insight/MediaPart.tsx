import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { type Called, useCalled } from '../../customer/called.ts';
import { reasonOf } from '../../customer/use.ts';
import type { Text } from '../../texts.ts';
import { reasonText, useDesk, useTexts, useView } from '../../view/use.ts';
import { Grid } from '../Grid.tsx';
import { type Asked, csvOf, FIGURES, lastDays, type Media, type MediaRow, queryOf } from './media.ts';

const WITHIN = [7, 30, 90, 180, 366] as const;
/** Built-in kinds that tell of a medium. */
const KINDS = [
  'call',
  'chat',
  'mail',
  'form',
  'page_view',
  'ad_response',
  'sns',
  'word_of_mouth',
  'letter',
  'fax',
  'store_visit',
] as const;
const COLUMNS = [
  'mediaKind',
  'mediaChannel',
  'mediaRoute',
  'mediaTouchpoints',
  'mediaPeople',
  'mediaBuyers',
  'mediaPurchases',
  'mediaAmount',
] as const satisfies readonly Text[];

interface Counted {
  state: 'loading' | 'ready' | 'failed';
  /** The last figures, also while new ones are counted. */
  value: Media | null;
  reason: string;
}

/** What each medium brought; asks again when the question changes. */
function useMedia(asked: Asked): [Counted, () => void] {
  const desk = useDesk();
  const [counted, set] = useState<Counted>({ state: 'loading', value: null, reason: '' });
  const [turn, setTurn] = useState(0);
  const current = useRef('');
  const query = queryOf(asked);
  useEffect(() => {
    const mine = `${query} ${turn}`;
    current.current = mine;
    if (query === null) {
      set((before) => ({ ...before, state: 'failed', reason: 'bad_period' }));
      return;
    }
    set((before) => ({ ...before, state: 'loading' }));
    desk.call<Media>({ path: `/api/v1/media?${query}` }).then(
      (value) => current.current === mine && set({ state: 'ready', value, reason: '' }),
      (error) =>
        current.current === mine &&
        set((before) => ({ ...before, state: 'failed', reason: reasonOf(error) })),
    );
    return () => {
      current.current = '';
    };
  }, [desk, query, turn]);
  return [counted, () => setTurn((before) => before + 1)];
}

/** What each medium brought over a span of days. */
export function MediaPart() {
  const t = useTexts();
  const [asked, setAsked] = useState<Asked>(() => ({ ...lastDays(30, new Date()), within: 30, kind: '' }));
  const [{ state, value, reason }, again] = useMedia(asked);
  return (
    <>
      <Filters asked={asked} onChange={setAsked} />
      <p className="hint">{t('mediaHint')}</p>
      <div role="status">
        {state === 'loading' && <p className="empty">{t('journeyCounting')}</p>}
        {state === 'failed' && (
          <p className="empty">
            {t('notLoaded')} {reasonText(t, reason)}{' '}
            <Button size="compact-xs" variant="default" onClick={again}>
              {t('retry')}
            </Button>
          </p>
        )}
        {state === 'ready' && value?.of === 0 && <p className="empty">{t('mediaNone')}</p>}
      </div>
      {state !== 'failed' && value && value.of > 0 && <Table media={value} asked={asked} />}
    </>
  );
}

function Filters({ asked, onChange }: { asked: Asked; onChange: (asked: Asked) => void }) {
  const t = useTexts();
  const called = useCalled();
  const kinds = [...new Set([...KINDS, ...called.kinds])];
  return (
    <div className="card row insight-filters">
      {(['from', 'until'] as const).map((end) => (
        <TextInput
          key={end}
          type="date"
          size="xs"
          label={t(end === 'from' ? 'mediaFrom' : 'mediaUntil')}
          value={asked[end]}
          onChange={(event) => onChange({ ...asked, [end]: event.currentTarget.value })}
        />
      ))}
      <NativeSelect
        size="xs"
        label={t('mediaWithin')}
        value={String(asked.within)}
        data={WITHIN.map((n) => ({ value: String(n), label: t('mediaWithinDays', { n }) }))}
        onChange={(event) => onChange({ ...asked, within: Number(event.currentTarget.value) })}
      />
      <NativeSelect
        size="xs"
        label={t('mediaKind')}
        value={asked.kind}
        data={[
          { value: '', label: t('boardAll') },
          ...kinds.map((kind) => ({ value: kind, label: called.kind(kind) })),
        ]}
        onChange={(event) => onChange({ ...asked, kind: event.currentTarget.value })}
      />
    </div>
  );
}

/** What stands in a row before its figures. */
const namesOf = (row: MediaRow, called: Called): [string, string, string] => [
  called.kind(row.kind),
  row.channel,
  called.route(row.route),
];

function Table({ media, asked }: { media: Media; asked: Asked }) {
  const t = useTexts();
  const called = useCalled();
  const { rows, other, total } = media;
  const key = (row: MediaRow) => `${row.kind} ${row.channel} ${row.route}`;
  return (
    <div className="card">
      <div className="row">
        <p className="hint grow">{t('mediaRows', { n: rows.length, of: media.of })}</p>
        <Button size="compact-sm" variant="default" onClick={() => save(media, asked, called, t)}>
          {t('mediaCsv')}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is wider than the page is moved by the keys. */}
      <section className="media-table" aria-label={t('mediaCaption')} tabIndex={0}>
        <Grid columns={COLUMNS} caption="mediaCaption">
          {rows.map((row) => {
            const [kind, channel, route] = namesOf(row, called);
            return (
              <tr key={key(row)}>
                <th scope="row">{kind}</th>
                <td>{channel}</td>
                <td title={row.route}>{route}</td>
                <Figures row={row} />
              </tr>
            );
          })}
          {other && <Sum name={t('mediaOther')} row={other} />}
          <Sum name={t('mediaTotal')} row={total} />
        </Grid>
      </section>
    </div>
  );
}

function Sum({ name, row }: { name: string; row: MediaRow }) {
  return (
    <tr data-off="true">
      <th scope="row" colSpan={3}>
        {name}
      </th>
      <Figures row={row} />
    </tr>
  );
}

function Figures({ row }: { row: MediaRow }) {
  const { language } = useView().preferences;
  const yen = new Intl.NumberFormat(language, { style: 'currency', currency: 'JPY' });
  return FIGURES.map((figure) => (
    <td className="number" key={figure}>
      {figure === 'amount' ? yen.format(row.amount) : row[figure]}
    </td>
  ));
}

/** The rows as a file, with their words beside their names. */
function save(media: Media, asked: Asked, called: Called, t: (key: Text) => string): void {
  const head = ['kind', 'channel', 'route', ...COLUMNS.map((column) => t(column))];
  const line = (row: MediaRow, names: readonly string[]) => [
    row.kind,
    row.channel,
    row.route,
    ...names,
    ...FIGURES.map((figure) => row[figure]),
  ];
  const sums = [
    ...(media.other ? [line(media.other, [t('mediaOther'), '', ''])] : []),
    line(media.total, [t('mediaTotal'), '', '']),
  ];
  const table = [head, ...media.rows.map((row) => line(row, namesOf(row, called))), ...sums];
  // Excel takes a file for UTF-8 only by its mark.
  const file = new Blob([`\uFEFF${csvOf(table)}`], { type: 'text/csv;charset=utf-8' });
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = `media-${asked.from}-${asked.until}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
