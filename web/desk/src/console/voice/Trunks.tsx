import type { Desk } from '../../store/desk.ts';
import { isMissing } from '../../store/office.ts';
import { useTexts } from '../../view/use.ts';
import { Grid } from '../Grid.tsx';
import { PolledNote } from './PolledNote.tsx';
import { useAsked } from './usePolled.ts';

const EVERY = 3_000;

interface Trunk {
  trunk: string;
  /** Whether its probes are answered. */
  up: boolean;
  calls: number;
  /** 0: no limit. */
  limit: number;
  /** Refused by its limits since the gateway's start. */
  refused: number;
}

/** A line, or a site that does not answer. */
interface Line {
  site: string;
  trunk: Trunk | null;
}

/** Each site knows its own lines alone; one that has no telephones has none. */
async function ask(desk: Desk): Promise<Line[]> {
  const request = { path: '/api/v1/trunks' };
  const sites = desk.sites();
  const answers = await Promise.allSettled(
    sites.map((site) => desk.call<{ site: string; trunks: Trunk[] }>(request, [site])),
  );
  const first = answers[0];
  if (first?.status === 'rejected' && answers.every((one) => one.status === 'rejected')) throw first.reason;
  return answers.flatMap((answer, i): Line[] => {
    const site = sites[i]?.name ?? '';
    if (answer.status === 'fulfilled') return answer.value.trunks.map((trunk) => ({ site, trunk }));
    return isMissing(answer.reason) ? [] : [{ site, trunk: null }];
  });
}

/** The lines to the public network, and what is wrong with them. */
export function Trunks() {
  const t = useTexts();
  const polled = useAsked(ask, EVERY);
  const columns = ['colSite', 'colLine', 'colState', 'colChannels', 'colRefused'] as const;
  return (
    <div className="card">
      <h2>{t('callTab_trunks')}</h2>
      <PolledNote polled={polled} empty="noTrunks" />
      {polled.list.length > 0 && (
        <Grid columns={columns}>
          {polled.list.map((line) => (
            <Row key={`${line.site} ${line.trunk?.trunk}`} line={line} />
          ))}
        </Grid>
      )}
    </div>
  );
}

function Row({ line: { site, trunk } }: { line: Line }) {
  const t = useTexts();
  const up = trunk?.up === true;
  return (
    <tr data-bad={!up}>
      <th scope="row">{site}</th>
      <td>{trunk?.trunk ?? '—'}</td>
      <td>
        <span aria-hidden="true">{up ? '●' : '▲'}</span>{' '}
        <span className={up ? '' : 'late'}>{t(up ? 'trunkUp' : trunk ? 'trunkDown' : 'siteSilent')}</span>
      </td>
      <td className="number">
        {trunk ? `${trunk.calls} / ${trunk.limit === 0 ? t('noLimit') : trunk.limit}` : '—'}
      </td>
      <td className="number">{trunk?.refused ?? '—'}</td>
    </tr>
  );
}
