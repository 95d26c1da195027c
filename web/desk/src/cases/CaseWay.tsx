import { clock, day } from '@madoguchi/shared';
import { useEffect, useState } from 'react';
import { pathOf } from '../customer/book.ts';
import { useCalled } from '../customer/called.ts';
import { wayOf } from '../customer/journey.ts';
import { KindIcon, useAbout } from '../customer/Moment.tsx';
import type { Entry } from '../customer/types.ts';
import { wordText } from '../customer/use.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { type Before, beforeOf, LAST, PAGE, PAGES } from './caseWay.ts';

/** What happened before a case was opened, the newest pages of it. */
function useBefore(record: string, openedAt: number): Before {
  const desk = useDesk();
  const [before, setBefore] = useState<Before>({ state: 'loading', entries: [] });
  useEffect(() => {
    let over = false;
    const ask = async () => {
      const entries: Entry[] = [];
      let after = '';
      for (let page = 0; page < PAGES; page += 1) {
        const query = new URLSearchParams({ limit: String(PAGE) });
        if (after) query.set('after', after);
        const told = await desk.call<{ entries: Entry[]; next: string }>({
          path: pathOf(record, `/timeline?${query}`),
        });
        entries.push(...beforeOf(told.entries, openedAt));
        after = told.next;
        if (after === '' || entries.length >= LAST) break;
      }
      if (!over) setBefore({ state: 'ready', entries });
    };
    setBefore({ state: 'loading', entries: [] });
    ask().catch(() => over || setBefore({ state: 'failed', entries: [] }));
    return () => {
      over = true;
    };
  }, [desk, record, openedAt]);
  return before;
}

/** The way that led to a case: the stages before it, and the last touchpoints with how the customer seemed. */
export function CaseWay({ record, openedAt }: { record: string; openedAt: number }) {
  const t = useTexts();
  const about = useAbout();
  const called = useCalled();
  const { language } = useView().preferences;
  const { state, entries } = useBefore(record, openedAt);
  const way = wayOf(entries);
  return (
    <section aria-label={t('caseWay')}>
      <h3>{t('caseWay')}</h3>
      {state === 'loading' && <p className="empty">{t('loading')}</p>}
      {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      {state === 'ready' && entries.length === 0 && <p className="empty">{t('caseWayNone')}</p>}
      {way.length > 0 && (
        <p className="hint">
          {[...way.map((step) => t(`stage_${step.stage}`)), t('caseWayOpen')].join(' → ')}
        </p>
      )}
      {entries.length > 0 && (
        <ol className="moments">
          {entries.slice(0, LAST).map((entry) => (
            <li key={entry.id} className="moment">
              <KindIcon kind={entry.kind} />
              <div className="grow">
                <p className="moment-head">
                  <strong>{called.kind(entry.kind)}</strong>
                  <time dateTime={new Date(entry.at).toISOString()}>
                    {day(entry.at, language)} {clock(entry.at, language)}
                  </time>
                </p>
                {about(entry) !== '' && <p>{about(entry)}</p>}
                {entry.mood !== 0 && (
                  <p className="who-tags">
                    <span className="tag">{wordText(t, 'mood', String(entry.mood))}</span>
                  </p>
                )}
              </div>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
