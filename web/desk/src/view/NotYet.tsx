import { Button } from '@mantine/core';
import { useTexts } from './use.ts';

interface Props {
  state: 'loading' | 'ready' | 'failed';
  again: () => void;
}

/** Stands where something is that the center has not told yet, or could not be asked for: then with a way to try again. */
export function NotYet({ state, again }: Props) {
  const t = useTexts();
  if (state === 'ready') return null;
  if (state === 'loading') return <p className="empty">{t('loading')}</p>;
  return (
    <p className="empty" role="status">
      {t('notLoaded')}{' '}
      <Button size="compact-xs" variant="default" onClick={again}>
        {t('retry')}
      </Button>
    </p>
  );
}
