import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useDesk, useTexts } from './use.ts';

const pathOf = (customer: string) => `/api/v1/customers/${encodeURIComponent(customer)}/segment`;

/** What the center knows of the customer. It counts for the conversations that they begin from now on. */
export function Segment({ customer }: { customer: string }) {
  const desk = useDesk();
  const t = useTexts();
  const [segment, setSegment] = useState<string | null>(null);
  const [draft, setDraft] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let current = true;
    desk.call<{ segment: string }>({ path: pathOf(customer) }).then(
      (answer) => current && setSegment(answer.segment),
      () => {},
    );
    return () => {
      current = false;
    };
  }, [desk, customer]);
  // A center that knows no segments has no line for them.
  if (segment === null) return null;
  const save = async (to: string) => {
    try {
      await desk.call({ method: 'PUT', path: pathOf(customer), body: { segment: to } });
      setSegment(to);
      setDraft(null);
      setFailed(false);
    } catch {
      setFailed(true);
    }
  };
  return (
    <>
      <dt>{t('segment')}</dt>
      <dd>
        {draft === null ? (
          <>
            {segment || '—'}{' '}
            <Button size="compact-xs" variant="default" onClick={() => setDraft(segment)}>
              {t('segmentChange')}
            </Button>
          </>
        ) : (
          <form
            className="row"
            onSubmit={(event) => {
              event.preventDefault();
              void save(draft.trim());
            }}
          >
            <input
              className="grow"
              aria-label={t('segment')}
              aria-describedby="segment-hint"
              value={draft}
              maxLength={40}
              pattern="[a-z0-9_\-]*"
              onChange={(event) => setDraft(event.currentTarget.value)}
            />
            <Button size="compact-xs" type="submit">
              {t('saveRecord')}
            </Button>
          </form>
        )}
        {draft !== null && (
          <span className="hint" id="segment-hint">
            {t('segmentHint')}
          </span>
        )}
        {failed && <span role="alert">{t('notLoaded')}</span>}
      </dd>
    </>
  );
}
