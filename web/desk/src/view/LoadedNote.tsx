import type { Loaded } from '../store/office.ts';
import { useTexts } from './use.ts';

/** Why a list is empty: not there, not loaded, or nothing fits. */
export function LoadedNote({ loaded }: { loaded: Loaded<unknown> }) {
  const t = useTexts();
  switch (loaded.state) {
    case 'loading':
      return t('loading');
    case 'missing':
      return t('notHere');
    case 'failed':
      return t('notLoaded');
    case 'ready':
      return t('nothingFound');
  }
}
