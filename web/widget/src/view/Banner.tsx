import type { Status, Translate } from '@madoguchi/shared';
import type { Text } from '../texts.ts';
import { useNow } from './use.ts';

/** The news of a move stays for so long, in ms. */
const MOVED_SHOWN = 10_000;
/** A first connection shorter than this, in ms, is not worth a word. */
const FIRST_QUIET = 800;
/** After so long, in ms, without any site the other entrances are offered. */
const OFFER_LINKS = 4_000;

export interface BannerProps {
  status: Status | null;
  t: Translate<Text>;
  links: boolean;
}

export function ConnectionBanner({ status, t, links }: BannerProps) {
  const now = useNow(500, status !== null);
  return (
    <div role="status" class="banner-place">
      {status && <Banner status={status} t={t} links={links} now={now} />}
    </div>
  );
}

function Banner({ status, t, links, now }: BannerProps & { status: Status; now: number }) {
  if (status.phase === 'live') {
    if (status.movedFrom === null || now - status.liveSince > MOVED_SHOWN) return null;
    return <p class="banner good">{t('moved', { site: status.site.name })}</p>;
  }
  if (status.phase !== 'searching') return null;
  const first = status.liveSince === 0;
  if (first && now - performance.timeOrigin < FIRST_QUIET) return null;
  const others = status.sites.filter((s) => s.url !== location.origin);
  const lost = first ? performance.timeOrigin : status.lostAt;
  return (
    <div class="banner bad">
      <p>
        {t(first ? 'connecting' : 'reconnecting')}
        {status.waiting > 0 && ` ${t('outbox', { n: status.waiting })}`}
      </p>
      {links && others.length > 0 && now - lost > OFFER_LINKS && (
        <p>
          {t('otherSites')}
          {others.map((site) => (
            <a key={site.url} href={`${site.url}/widget/`}>
              {site.name}
            </a>
          ))}
        </p>
      )}
    </div>
  );
}
