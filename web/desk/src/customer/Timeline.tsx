import { clock, day } from '@madoguchi/shared';
import { useCallback, useMemo, useRef, useState } from 'react';
import type { Text } from '../texts.ts';
import { PagesEnd } from '../view/PagesEnd.tsx';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { usePages } from '../view/usePages.ts';
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

/** Ids are those of the source, in a record. */
const idOf = ({ record, source, id }: Entry) => `${record} ${source} ${id}`;

/** A customer's touchpoints, a page at a time; `version` changes when something was heard of them. */
export function useTimeline(id: string, kinds: readonly string[], limit: number, version: number) {
  const desk = useDesk();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another version begins anew.
  const page = useCallback(
    async (after: string) => {
      const query = new URLSearchParams({ limit: String(limit) });
      if (after) query.set('after', after);
      if (kinds.length > 0) query.set('kinds', kinds.join(','));
      const path = pathOf(id, `/timeline?${query}`);
      const { entries, next } = await desk.call<{ entries: Entry[]; next: string }>({ path });
      return { items: entries, next };
    },
    [desk, id, kinds, limit, version],
  );
  return usePages(page, idOf);
}

/** All that happened, newest first. */
export function Timeline({ id, version }: { id: string; version: number }) {
  const t = useTexts();
  const [group, setGroup] = useState(0);
  const list = useRef<HTMLOListElement>(null);
  const groups = useGroups();
  const [pages, further] = useTimeline(id, groups[group]?.kinds ?? ALL, PAGE, version);
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
        {pages.items.map((entry) => (
          <Moment key={idOf(entry)} entry={entry} />
        ))}
      </ol>
      <PagesEnd pages={pages} list={list} empty="timelineEmpty" more="timelineOlder" onMore={further} />
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
