import { clock, day, type Language, type Place, sameDay, type Translate } from '@madoguchi/shared';
import { useState } from 'preact/hooks';
import type { View } from '../session.ts';
import type { Text } from '../texts.ts';
import { isBooked } from './Callback.tsx';
import type { StartProps } from './StartForm.tsx';
import { useNow } from './use.ts';

/** Without a site for so long, in ms, the unsent beginning may be left by HTTP. */
const LEAVE_AFTER = 6_000;

/** How long it may take; never more exact than it is known. */
export function waitText(t: Translate<Text>, ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return t('waitSeconds');
  return minutes > 60 ? t('waitLong') : t('waitMinutes', { n: minutes });
}

/** Where the waiting customer stands, or when the door opens again. */
export function PlaceBanner({ view, t }: { view: View; t: Translate<Text> }) {
  const { place, thread, language } = view;
  // Who is called at a time of their own has no place to be told before it.
  const told = place !== null && !(isBooked(view) && place.place === 0);
  const waits = told && thread?.assignedTo === '' && !thread.closed;
  return (
    <div role="status">
      {waits && (
        <div class="place">
          {place.open || isBooked(view) ? (
            <Waiting place={place} t={t} />
          ) : (
            <Shut place={place} t={t} language={language} />
          )}
        </div>
      )}
    </div>
  );
}

function Waiting({ place, t }: { place: Place; t: Translate<Text> }) {
  const { place: n, expected_wait_ms: wait } = place;
  return (
    <p>
      <strong>{n === 1 ? t('placeNext') : t('place', { n })}</strong>
      {wait !== undefined && t('placeWait', { time: waitText(t, wait) })}
    </p>
  );
}

function Shut({ place, t, language }: { place: Place; t: Translate<Text>; language: Language }) {
  const opens = place.opens_at ?? 0;
  const today = sameDay(opens, Date.now());
  const time = `${today ? '' : `${day(opens, language)} `}${clock(opens, language)}`;
  return (
    <>
      <p>
        <strong>{t('shutNow')}</strong>
        {opens > 0 && t('shutUntil', { time })}
      </p>
      <p>{t('shutKept')}</p>
    </>
  );
}

/** Where no socket comes through, the beginning can still be left as a message. */
export function LeaveOffer({ session, view, t }: StartProps) {
  const { status, thread } = view;
  const unsent = thread?.opened === false && thread.pending.some((p) => p.state === 'waiting');
  const now = useNow(1_000, unsent);
  const [failed, setFailed] = useState(false);
  const since = thread?.pending[0]?.at ?? now;
  if (!unsent || status?.phase !== 'searching' || now - since < LEAVE_AFTER) return null;
  return (
    <div class="notice">
      <p>{t('leaveHint')}</p>
      {failed && (
        <p class="error" role="alert">
          {t('leaveFailed')}
        </p>
      )}
      <button
        type="button"
        class="second"
        onClick={() => void session.leaveMessage().then((done) => setFailed(!done))}
      >
        {t('leave')}
      </button>
    </div>
  );
}
