import type { Status, Translate } from '@madoguchi/shared';
import type { Text } from '../texts.ts';
import { useNow, useTexts, useView } from './use.ts';

/** The news of a move stays for so long, in ms. */
const MOVED_SHOWN = 12_000;
/** A first connection shorter than this, in ms, is not worth a word. */
const FIRST_QUIET = 800;

export function Banner() {
  const { status } = useView();
  const t = useTexts();
  const now = useNow(500);
  return (
    <div className="banner-place" role="status">
      {status && <Line status={status} t={t} now={now} />}
    </div>
  );
}

function Line({ status, t, now }: { status: Status; t: Translate<Text>; now: number }) {
  if (status.phase === 'live') {
    if (status.movedFrom === null || now - status.liveSince > MOVED_SHOWN) return null;
    return <p className="banner good">{t('movedTo', { from: status.movedFrom, to: status.site.name })}</p>;
  }
  const first = status.liveSince === 0;
  if (status.phase !== 'searching' || (first && now - performance.timeOrigin < FIRST_QUIET)) return null;
  const others = status.sites.filter((site) => site.url !== location.origin);
  return (
    <div className="banner bad">
      <p>
        ▲ {first ? `${t('linkFirst')}…` : t('linkLost')}
        {status.waiting > 0 && ` ${t('unsent', { n: status.waiting })}`}
      </p>
      {others.length > 0 && (
        <p>
          {t('otherSites')}
          {others.map((site) => (
            <a key={site.url} href={`${site.url}/desk/`}>
              {site.name}
            </a>
          ))}
        </p>
      )}
    </div>
  );
}
