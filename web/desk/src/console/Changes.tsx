import { type Availability, clock, day, type Translate } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { isMissing, listOf } from '../store/office.ts';
import { agentName } from '../store/view.ts';
import type { Text } from '../texts.ts';
import { awayReason } from '../view/Header.tsx';
import { useDesk, useReasons, useTexts, useView } from '../view/use.ts';
import type { Change } from './types.ts';
import { useAct } from './useAct.ts';

const LIMIT = 100;

const KINDS = ['queue', 'agent', 'calendar', 'reasons', 'priorities', 'forced'] as const;

interface Forced {
  availability: Availability;
  reason: string;
}

/** What was changed, in the words of this page. */
function useWhat(): (change: Change) => string {
  const view = useView();
  const t = useTexts();
  const reasons = useReasons();
  return (change) => {
    if (change.kind === 'agent') return agentName(view, change.what);
    if (change.kind !== 'forced') return change.what;
    const state = (value: unknown) => {
      if (!value) return '—';
      const { availability, reason } = value as Forced;
      const named = reasons.find((one) => one.id === reason)?.name ?? awayReason(t, reason);
      return availability === 'away' && reason ? `${t(availability)}（${named}）` : t(availability);
    };
    const name = agentName(view, change.what);
    return t('forcedTo', { name, before: state(change.before), after: state(change.after) });
  };
}

const short = (value: unknown): string =>
  value === undefined || value === null
    ? '—'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value, null, 1);

function kindText(t: Translate<Text>, kind: string): string {
  const known = KINDS.find((one) => one === kind);
  return known ? t(`change_${known}`) : kind;
}

/** Who changed what and when; one click takes a change back, which is a change itself. */
export function Changes() {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const act = useAct();
  const what = useWhat();
  const [list, setList] = useState<readonly Change[] | 'loading' | 'missing' | 'failed'>('loading');
  const load = useCallback(async () => {
    try {
      setList(listOf(await desk.call({ path: `/api/v1/changes?limit=${LIMIT}` })));
    } catch (error) {
      setList(isMissing(error) ? 'missing' : 'failed');
    }
  }, [desk]);
  useEffect(() => void load(), [load]);
  if (typeof list === 'string') {
    const word = { loading: 'loading', missing: 'notHere', failed: 'notLoaded' } as const;
    return <p className="empty">{t(word[list as keyof typeof word])}</p>;
  }
  const undo = async (change: Change) => {
    const path = `/api/v1/changes/${encodeURIComponent(change.change)}/undo`;
    await act(() => desk.call({ method: 'POST', path }), 'undone');
    await load();
  };
  const { language } = view.preferences;
  return (
    <ol className="changes card">
      {list.length === 0 && <li className="empty">{t('noChanges')}</li>}
      {list.map((change) => (
        <li key={change.change}>
          <div className="row">
            <time dateTime={new Date(change.at).toISOString()}>
              {day(change.at, language)} {clock(change.at, language)}
            </time>
            <strong>{agentName(view, change.by)}</strong>
            <span className="tag">{kindText(t, change.kind)}</span>
            <span className="grow">{what(change)}</span>
            {change.undone_by ? (
              <span className="tag">{t('undone')}</span>
            ) : (
              <Button size="compact-sm" variant="default" onClick={() => void undo(change)}>
                {t('undo')}
              </Button>
            )}
          </div>
          <details>
            <summary>{what(change)}</summary>
            <pre>{short(change.before)}</pre>
            <pre>{short(change.after)}</pre>
          </details>
        </li>
      ))}
    </ol>
  );
}
