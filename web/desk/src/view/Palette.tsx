import { dialable, fold, spoken } from '@madoguchi/shared';
import { Modal } from '@mantine/core';
import { keyOf } from '../core/keys.ts';
import { workOf } from '../store/view.ts';
import { isBusy } from '../voice/actions.ts';
import { usePhone } from '../voice/use.ts';
import { ACTION_NAMES, ALL_ACTIONS, runs } from './actions.ts';
import { pagesOf } from './Header.tsx';
import { Picker } from './Picker.tsx';
import { useUi } from './ui.ts';
import { useDesk, useReasons, useTexts, useView } from './use.ts';

interface Command {
  id: string;
  label: string;
  hint?: string;
  run: () => void;
}

/** Everything that can be done now, found by a few letters. */
export function Palette() {
  const { dialog, open } = useUi();
  const t = useTexts();
  return (
    <Modal
      opened={dialog === 'palette'}
      onClose={() => open(null)}
      title={t('palette')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
      yOffset="10vh"
      centered={false}
      // At once: what is typed right after the shortcut goes into the box.
      transitionProps={{ duration: 0 }}
    >
      <Commands />
    </Modal>
  );
}

function Commands() {
  const { open } = useUi();
  const t = useTexts();
  const all = useCommands();
  const { phone } = useDesk();
  const busy = isBusy(usePhone());
  /** A number that is typed can be called. */
  const dialling = (query: string) => {
    const number = busy ? null : dialable(query);
    return number ? [{ id: number, label: t('dialNumber', { number: spoken(number) }) }] : [];
  };
  return (
    <Picker
      label={t('paletteSearch')}
      search={(query) => [...dialling(query), ...all.filter((c) => fold(c.label).includes(fold(query)))]}
      onPick={(id) => {
        open(null);
        const number = dialable(id);
        // The dialog gives the focus back first, so that the action may move it.
        setTimeout(() => (number ? void phone.dial(number) : all.find((c) => c.id === id)?.run()), 0);
      }}
      empty={t('nothingFound')}
    />
  );
}

function useCommands(): Command[] {
  const desk = useDesk();
  const view = useView();
  const ui = useUi();
  const t = useTexts();
  const reasons = useReasons();
  const { keys } = view.preferences;
  const run = runs(desk, ui);
  const actions = ALL_ACTIONS.flatMap((action): Command[] => {
    const what = run[action];
    if (!what || action === 'palette') return [];
    return [{ id: action, label: t(ACTION_NAMES[action]), hint: keyOf(action, keys), run: what }];
  });
  const states: Command[] = [
    { id: 'ready', label: t('do_goReady'), run: () => desk.setAvailability('ready') },
    ...reasons.map(({ id, name }) => ({
      id: `away ${id}`,
      label: t('do_goAway', { reason: name }),
      run: () => desk.setAvailability('away', id),
    })),
    { id: 'offline', label: t('do_goOffline'), run: () => desk.setAvailability('offline') },
  ];
  const pages = pagesOf(view).map((page) => ({
    id: `page ${page}`,
    label: t('do_page', { page: t(`page_${page}`) }),
    run: () => desk.show(page),
  }));
  const conversations = workOf(view).map((conversation) => ({
    id: conversation,
    label: t('do_openConversation', { name: view.threads[conversation]?.name || t('anonymous') }),
    run: () => {
      desk.show('desk');
      desk.select(conversation);
    },
  }));
  return [...actions, ...conversations, ...states, ...pages];
}
