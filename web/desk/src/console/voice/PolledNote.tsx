import { duration } from '@madoguchi/shared';
import type { Text } from '../../texts.ts';
import { useNow, useTexts } from '../../view/use.ts';
import type { Polled } from './usePolled.ts';

/** Why a list is empty or old; nothing when it is neither. */
export function PolledNote({ polled, empty }: { polled: Polled<unknown>; empty: Text }) {
  const t = useTexts();
  const now = useNow(1_000);
  const { state, list, at } = polled;
  if (state === 'failed' && at > 0)
    return (
      <p className="banner bad" role="status">
        ▲ {t('callsStale', { time: duration(now - at) })}
      </p>
    );
  if (state === 'ready' && list.length > 0) return null;
  const word = { loading: 'loading', missing: 'notHere', failed: 'notLoaded', ready: empty } as const;
  return <p className="empty">{t(word[state])}</p>;
}
