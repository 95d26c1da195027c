import { clock, day } from '@madoguchi/shared';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { Text } from '../texts.ts';
import { MoreButton } from '../view/MoreButton.tsx';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { pathOf } from './book.ts';
import { useCalled } from './called.ts';
import { KindIcon, useAbout } from './Moment.tsx';
import type { Entry } from './types.ts';
import { wordText } from './use.ts';

const PAGE = 30;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const GROUPS: readonly { name: Text; kinds: readonly string[] }[] = [
  { name: 'group_all', kinds: [] },
  { name: 'group_talk', kinds: ['call', 'chat', 'mail', 'form', 'letter', 'fax'] },
  { name: 'group_shop', kinds: ['order', 'purchase', 'payment', 'delivery', 'return'] },
  { name: 'group_visit', kinds: ['store_visit', 'page_view', 'app'] },
  { name: 'group_know', kinds: ['ad_response', 'sns', 'word_of_mouth'] },
  { name: 'group_work', kinds: ['task', 'case'] },
];

const ALL: readonly string[] = [];
/** The center filters by so many kinds at most. */
const MOST_KINDS = 32;

/** The groups, and one of the kinds that the company added. */
function useGroups(): typeof GROUPS {
  const { kinds } = useCalled();
  return useMemo(() => {
    const known = new Set(GROUPS.flatMap((one) => one.kinds));
    const own = kinds.filter((kind) => !known.has(kind)).slice(0, MOST_KINDS);
    return own.length === 0 ? GROUPS : [...GROUPS, { name: 'group_own', kinds: own }];
  }, [kinds]);
}

interface Loaded {
  state: 'loading' | 'ready' | 'failed';
  entries: readonly Entry[];
  /** Where the next page begins; empty: that was all. */
  next: string;
}

const NOTHING: Loaded = { state: 'loading', entries: [], next: '' };

/** A customer's touchpoints, a page at a time; `version` changes when something was heard of them. */
export function useTimeline(
  id: string,
  kinds: readonly string[],
  limit: number,
  version: number,
): [Loaded, () => void] {
  const desk = useDesk();
  const [loaded, setLoaded] = useState(NOTHING);
  const current = useRef(0);
  const ask = (before: Loaded) => {
    const asked = ++current.current;
    const query = new URLSearchParams({ limit: String(limit) });
    if (before.next) query.set('after', before.next);
    if (kinds.length > 0) query.set('kinds', kinds.join(','));
    setLoaded({ ...before, state: 'loading' });
    desk.call<{ entries: Entry[]; next: string }>({ path: pathOf(id, `/timeline?${query}`) }).then(
      ({ entries, next }) => {
        if (asked === current.current)
          setLoaded({ state: 'ready', entries: [...before.entries, ...entries], next });
      },
      () => {
        if (asked === current.current) setLoaded({ ...before, state: 'failed' });
      },
    );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another customer, filter or version begins anew.
  useEffect(() => {
    ask(NOTHING);
    return () => {
      current.current += 1;
    };
  }, [desk, id, kinds, limit, version]);
  return [loaded, () => ask(loaded)];
}

/** All that happened, newest first. */
export function Timeline({ id, version }: { id: string; version: number }) {
  const t = useTexts();
  const [group, setGroup] = useState(0);
  const list = useRef<HTMLOListElement>(null);
  const groups = useGroups();
  const [{ state, entries, next }, further] = useTimeline(id, groups[group]?.kinds ?? ALL, PAGE, version);
  return (
    <>
      <fieldset className="filters">
        <legend className="unseen">{t('filter')}</legend>
        {groups.map(({ name }, at) => (
          <button
            key={name}
            type="button"
            className="chip"
            aria-pressed={group === at}
            onClick={() => setGroup(at)}
          >
            {t(name)}
          </button>
        ))}
      </fieldset>
      <ol className="moments" ref={list}>
        {entries.map((entry) => (
          <Moment key={entry.id} entry={entry} />
        ))}
      </ol>
      <div aria-live="polite">
        {state === 'loading' && <p className="empty">{t('loading')}</p>}
        {state === 'ready' && entries.length === 0 && <p className="empty">{t('timelineEmpty')}</p>}
        {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      </div>
      {(next !== '' || state === 'failed') && (
        <MoreButton list={list} size="compact-sm" busy={state === 'loading'} onMore={further}>
          {t(state === 'failed' ? 'retry' : 'timelineOlder')}
        </MoreButton>
      )}
    </>
  );
}

function Moment({ entry }: { entry: Entry }) {
  const desk = useDesk();
  const t = useTexts();
  const { language } = useView().preferences;
  const { open } = useUi();
  const about = useAbout();
  const called = useCalled();
  const talk = (entry.kind === 'chat' || entry.kind === 'call') && UUID.test(entry.reference);
  const text = about(entry);
  return (
    <li className="moment">
      <KindIcon kind={entry.kind} />
      <div className="grow">
        <p className="moment-head">
          <strong>{called.kind(entry.kind)}</strong>
          <time dateTime={new Date(entry.at).toISOString()}>
            {day(entry.at, language)} {clock(entry.at, language)}
          </time>
        </p>
        {text !== '' && <p>{text}</p>}
        <p className="who-tags">
          {entry.mood !== 0 && <span className="tag">{wordText(t, 'mood', String(entry.mood))}</span>}
          {entry.route && <span className="tag">{called.route(entry.route)}</span>}
          {entry.amount !== 0 && (
            <span className="tag">
              {new Intl.NumberFormat(language, { style: 'currency', currency: 'JPY' }).format(entry.amount)}
            </span>
          )}
          {talk && (
            <button
              type="button"
              className="link"
              onClick={() => {
                open(null);
                desk.show('desk');
                desk.select(entry.reference);
              }}
            >
              {t('timelineOpen')}
            </button>
          )}
        </p>
      </div>
    </li>
  );
}
