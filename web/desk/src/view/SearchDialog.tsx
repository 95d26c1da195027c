import { ago, type Summary } from '@madoguchi/shared';
import { Modal, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { isMissing, listOf } from '../store/office.ts';
import { agentName, queueName } from '../store/view.ts';
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

type Result = readonly Found[] | 'none' | 'loading' | 'missing' | 'failed';

function useSearch(query: string): Result {
  const desk = useDesk();
  const [result, setResult] = useState<Result>('none');
  useEffect(() => {
    if (query.trim() === '') return setResult('none');
    let current = true;
    const timer = setTimeout(() => {
      setResult('loading');
      const path = `/api/v1/search?${new URLSearchParams({ q: query.trim(), limit: String(LIMIT) })}`;
      desk.call<unknown>({ path }).then(
        (answer) => current && setResult(listOf<Found>(answer)),
        (error) => current && setResult(isMissing(error) ? 'missing' : 'failed'),
      );
    }, PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [desk, query]);
  return result;
}

function Search() {
  const desk = useDesk();
  const view = useView();
  const { open } = useUi();
  const t = useTexts();
  const now = useNow(30_000);
  const [query, setQuery] = useState('');
  const result = useSearch(query);
  const { language } = view.preferences;
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
      <div aria-live="polite">
        {typeof result === 'string' && <p className="empty">{t(word[result])}</p>}
        {Array.isArray(result) && result.length === 0 && <p className="empty">{t('nothingFound')}</p>}
      </div>
      <ol className="found">
        {typeof result !== 'string' &&
          result.map((found) => (
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
                  <span className="clip">{found.excerpt || found.preview}</span>
                  <span className="tag">{queueName(view, found.queue)}</span>
                  {found.agent && <span className="tag">{agentName(view, found.agent)}</span>}
                </span>
              </button>
            </li>
          ))}
      </ol>
    </div>
  );
}
