import { ActionIcon, Button, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { ThemeIcon } from './icons.tsx';
import { useDesk, useTexts, useView } from './use.ts';

export function LanguageButton() {
  const desk = useDesk();
  const t = useTexts();
  const { language } = useView().preferences;
  const other = language === 'ja' ? 'en' : 'ja';
  return (
    <Tooltip label={t('switchLanguage')}>
      <Button
        variant="subtle"
        color="gray"
        size="compact-md"
        lang={other}
        aria-label={t('switchLanguage')}
        onClick={() => desk.setPreferences({ language: other })}
      >
        {other === 'en' ? 'English' : '日本語'}
      </Button>
    </Tooltip>
  );
}

export function ThemeButton() {
  const t = useTexts();
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const scheme = useComputedColorScheme('light');
  return (
    <Tooltip label={t('theme')}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('theme')}
        onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
      >
        <ThemeIcon />
      </ActionIcon>
    </Tooltip>
  );
}
