import type { RefObject } from 'react';
import type { Text } from '../texts.ts';
import { MoreButton } from './MoreButton.tsx';
import { useTexts } from './use.ts';
import type { Pages } from './usePages.ts';

interface PagesEndProps<T> {
  pages: Pages<T>;
  list: RefObject<HTMLElement | null>;
  /** What is said when there is nothing, and what brings more. */
  empty: Text;
  more: Text;
  onMore: () => void;
}

/** What stands below a list that comes a page at a time. */
export function PagesEnd<T>({ pages: { state, items, next }, list, empty, more, onMore }: PagesEndProps<T>) {
  const t = useTexts();
  return (
    <>
      <div aria-live="polite">
        {state === 'loading' && <p className="empty">{t('loading')}</p>}
        {state === 'ready' && items.length === 0 && <p className="empty">{t(empty)}</p>}
        {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      </div>
      {(next !== '' || state === 'failed') && (
        <MoreButton list={list} size="compact-sm" busy={state === 'loading'} onMore={onMore}>
          {t(state === 'failed' ? 'retry' : more)}
        </MoreButton>
      )}
    </>
  );
}
