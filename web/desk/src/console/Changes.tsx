import { clock, day } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { isMissing, listOf } from '../store/office.ts';
import { agentName } from '../store/view.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import type { Change } from './types.ts';
import { useAct } from './useAct.ts';

const LIMIT = 100;

const short = (value: unknown): string =>
  value === undefined || value === null
    ? '—'
    : typeof value === 'string'
      ? value
      : JSON.stringify(value, null, 1);

/** Who changed what and when; one click takes a change back, which is a change itself. */
export function Changes() {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const act = useAct();
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
            <span className="tag">{change.kind}</span>
            <span className="grow">{change.what}</span>
            {change.undone_by ? (
              <span className="tag">{t('undone')}</span>
            ) : (
              <Button size="compact-sm" variant="default" onClick={() => void undo(change)}>
                {t('undo')}
              </Button>
            )}
          </div>
          <details>
            <summary>{change.what}</summary>
            <pre>{short(change.before)}</pre>
            <pre>{short(change.after)}</pre>
          </details>
        </li>
      ))}
    </ol>
  );
}
