import { clock, day, type Language, sameDay, type Translate, uuid } from '@madoguchi/shared';
import { useRef, useState } from 'preact/hooks';
import type { Session, View } from '../session.ts';
import type { Text } from '../texts.ts';
import type { StartProps } from './StartForm.tsx';

const DAY = 86_400_000;

/** The next time that a clock shows `HH:MM` after `now`, ms since the Unix epoch; 0 without one. */
export function nextAt(time: string, now: number): number {
  const [hours, minutes] = time.split(':').map(Number);
  if (hours === undefined || minutes === undefined || Number.isNaN(hours + minutes)) return 0;
  const at = new Date(now).setHours(hours, minutes, 0, 0);
  return at > now ? at : new Date(at + DAY).setHours(hours, minutes, 0, 0);
}

/** Whether the customer waits, and has asked to be called. */
export function isBooked({ thread }: View): boolean {
  return thread !== null && thread.callback !== null && thread.assignedTo === '' && !thread.closed;
}

/** Being called back instead of waiting here: the place is kept. */
export function Callback({ session, view, t }: StartProps) {
  const { thread, place } = view;
  const [open, setOpen] = useState(false);
  if (!thread?.opened || thread.closed || thread.assignedTo !== '') return null;
  if (isBooked(view)) return <Booked session={session} view={view} t={t} />;
  if (place?.can_call_back !== true || !place.open) return null;
  if (!open)
    return (
      <div class="actions call">
        <button type="button" class="second" onClick={() => setOpen(true)}>
          {t('call')}
        </button>
      </div>
    );
  return <Form session={session} t={t} hide={() => setOpen(false)} />;
}

function Form({ session, t, hide }: { session: Session; t: Translate<Text>; hide: () => void }) {
  const [phone, setPhone] = useState('');
  const [from, setFrom] = useState('');
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Text | null>(null);
  // The same wish again has the same id, so that a second press books nothing twice.
  const message = useRef(uuid());
  const book = async () => {
    setBusy(true);
    const wrong = await session.askCallback(message.current, phone, nextAt(from, Date.now()));
    setBusy(false);
    setFault(wrong);
    if (wrong === null) hide();
    else message.current = uuid();
  };
  return (
    <form
      class="notice call"
      aria-label={t('call')}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void book();
      }}
    >
      <p>{t('callText')}</p>
      <div class="pair">
        <label>
          {t('callPhone')}
          <input
            type="tel"
            autoComplete="tel"
            required
            maxLength={40}
            value={phone}
            onInput={(event) => setPhone(event.currentTarget.value)}
            onKeyDown={(event) => {
              // An Enter that confirms a conversion sends nothing.
              if (event.key === 'Enter' && (event.isComposing || event.keyCode === 229))
                event.preventDefault();
            }}
          />
        </label>
        <label>
          {t('callFrom')}
          <input type="time" value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </label>
      </div>
      {fault && (
        <p class="error" role="alert">
          {t(fault)}
        </p>
      )}
      <div class="row">
        <span class="grow" />
        <button type="button" class="link" onClick={hide}>
          {t('drop')}
        </button>
        <button type="submit" class="second" disabled={busy}>
          {t('callBook')}
        </button>
      </div>
    </form>
  );
}

function when(at: number, language: Language): string {
  return `${sameDay(at, Date.now()) ? '' : `${day(at, language)} `}${clock(at, language)}`;
}

function Booked({ session, view, t }: StartProps) {
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Text | null>(null);
  const { phone, notBefore } = view.thread?.callback ?? { phone: '', notBefore: 0 };
  const later = notBefore > Date.now();
  const cancel = async () => {
    setBusy(true);
    setFault(await session.cancelCallback());
    setBusy(false);
  };
  return (
    <div class="notice call">
      <p role="status">
        <strong>{t('callBooked')}</strong>{' '}
        {later ? t('callAt', { phone, time: when(notBefore, view.language) }) : t('callTurn', { phone })}
      </p>
      {fault && (
        <p class="error" role="alert">
          {t(fault)}
        </p>
      )}
      <div class="row">
        <span class="grow" />
        <button type="button" class="link" disabled={busy} onClick={() => void cancel()}>
          {t('callCancel')}
        </button>
      </div>
    </div>
  );
}
