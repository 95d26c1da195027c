import { ago, readable, type Summary } from '@madoguchi/shared';
import { Modal, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { FoundCustomers } from '../customer/FoundCustomers.tsx';
import { isMissing, listOf } from '../store/office.ts';
import { agentName, queueName } from '../store/view.ts';
import { MoreButton } from './MoreButton.tsx';
import { useUi } from './ui.ts';
import { useDesk, useNow, useTexts, useView } from './use.ts';

/** A search begins so long after the last letter, in ms. */
const PAUSE = 250;
const LIMIT = 25;

interface Found extends Summary {
  /** The place in the text that fits, where the center gives one. */
  excerpt?: string;
  code?: string;
}

export function SearchDialog() {
  const { dialog, open } = useUi();
  const t = useTexts();
  return (
    <Modal
      opened={dialog === 'search'}
      onClose={() => open(null)}
      title={t('search')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <Search />
    </Modal>
  );
}

interface Result {
  is: 'none' | 'loading' | 'found' | 'missing' | 'failed';
  found: readonly Found[];
  /** Where a further search goes on; empty when everything was looked at. */
  older: string;
}

const NOTHING: Result = { is: 'none', found: [], older: '' };

function useSearch(query: string): [Result, () => void] {
  const desk = useDesk();
  const [result, setResult] = useState<Result>(NOTHING);
  /** Counts searches: an answer to an earlier one is late. */
  const current = useRef(0);
  const ask = (before: Result) => {
    const asked = ++current.current;
    const asks = new URLSearchParams({ q: query.trim(), limit: String(LIMIT) });
    if (before.older) asks.set('beyond', before.older);
    setResult({ ...before, is: 'loading' });
    desk.call<{ older?: string }>({ path: `/api/v1/search?${asks}` }).then(
      (answer) => {
        const found = [...before.found, ...listOf<Found>(answer)];
        if (asked === current.current) setResult({ is: 'found', found, older: answer.older ?? '' });
      },
      (error) => {
        if (asked === current.current) setResult({ ...before, is: isMissing(error) ? 'missing' : 'failed' });
      },
    );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new query is what begins a search.
  useEffect(() => {
    current.current++;
    if (query.trim() === '') return setResult(NOTHING);
    const timer = setTimeout(() => ask(NOTHING), PAUSE);
    return () => clearTimeout(timer);
  }, [desk, query]);
  return [result, () => ask(result)];
}

function Search() {
  const desk = useDesk();
  const view = useView();
  const { open } = useUi();
  const t = useTexts();
  const now = useNow(30_000);
  const [query, setQuery] = useState('');
  const [result, further] = useSearch(query);
  const list = useRef<HTMLOListElement>(null);
  const { language } = view.preferences;
  const { is, found: all, older } = result;
  const word = { loading: 'loading', missing: 'notHere', failed: 'notLoaded', none: 'searchHint' } as const;
  return (
    <div className="dialog">
      <TextInput
        data-autofocus
        aria-label={t('search')}
        placeholder={t('searchHint')}
        value={query}
        onChange={(event) => setQuery(event.currentTarget.value)}
      />
      <FoundCustomers query={query} />
      {is !== 'none' && <h2>{t('foundConversations')}</h2>}
      <div aria-live="polite">
        {is !== 'found' && <p className="empty">{t(word[is])}</p>}
        {is === 'found' && all.length === 0 && (
          <p className="empty">{t(older ? 'nothingFoundYet' : 'nothingFound')}</p>
        )}
      </div>
      <ol className="found" ref={list}>
        {all.map((found) => (
          <li key={found.conversation}>
            <button
              type="button"
              className="item past"
              onClick={() => {
                desk.show('desk');
                desk.select(found.conversation);
                open(null);
              }}
            >
              <span className="item-head">
                <strong className="clip">{found.customer_name || t('anonymous')}</strong>
                <time>{ago(found.last_at, now, language)}</time>
              </span>
              <span className="item-text">
                <span className="clip">{readable(found.excerpt || found.preview, language)}</span>
                <span className="tag">{queueName(view, found.queue)}</span>
                {found.agent && <span className="tag">{agentName(view, found.agent)}</span>}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {older && (
        <MoreButton list={list} busy={is === 'loading'} onMore={further}>
          {t('searchOlder')}
        </MoreButton>
      )}
    </div>
  );
}
