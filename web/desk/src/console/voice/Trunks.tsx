import { useTexts } from '../../view/use.ts';
import { PolledNote } from './PolledNote.tsx';
import { usePolled } from './usePolled.ts';

const EVERY = 3_000;

interface Trunk {
  id: string;
  site?: string;
  /** Whether its probes are answered. */
  up: boolean;
  /** Absent where there is nothing to register. */
  registered?: boolean | null;
  calls: number;
  /** 0: no limit. */
  channels: number;
  /** Refused by its limits, and not taken by the other end, since the gateway's start. */
  refused: number;
  failed: number;
}

/** The lines to the public network, and what is wrong with them. */
export function Trunks() {
  const t = useTexts();
  const polled = usePolled<Trunk>('/api/v1/trunks', EVERY);
  const columns = [
    'colLine',
    'colSite',
    'colState',
    'colRegistered',
    'colChannels',
    'colRefused',
    'colFailed',
  ] as const;
  return (
    <div className="card">
      <h2>{t('callTab_trunks')}</h2>
      <PolledNote polled={polled} empty="noTrunks" />
      {polled.list.length > 0 && (
        <table className="grid">
          <thead>
            <tr>
              {columns.map((column) => (
                <th scope="col" key={column}>
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {polled.list.map((trunk) => (
              <tr key={`${trunk.site} ${trunk.id}`} data-bad={!trunk.up}>
                <th scope="row">{trunk.id}</th>
                <td>{trunk.site ?? '—'}</td>
                <td>
                  <span aria-hidden="true">{trunk.up ? '●' : '▲'}</span>{' '}
                  <span className={trunk.up ? '' : 'late'}>{t(trunk.up ? 'trunkUp' : 'trunkDown')}</span>
                </td>
                <td>{typeof trunk.registered === 'boolean' ? t(trunk.registered ? 'yes' : 'no') : '—'}</td>
                <td className="number">
                  {trunk.calls} / {trunk.channels === 0 ? t('noLimit') : trunk.channels}
                </td>
                <td className="number">{trunk.refused}</td>
                <td className="number">{trunk.failed}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
