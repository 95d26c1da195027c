import { FORM_NAMES, formTitle, type Thread } from '@madoguchi/shared';
import { Button, Menu, Tooltip } from '@mantine/core';
import { keyOf } from '../core/keys.ts';
import { FormIcon } from '../view/icons.tsx';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { offeredValues } from './core.ts';

/** The forms that can be offered to the customer. */
export function FormMenu({ thread, enabled }: { thread: Thread; enabled: boolean }) {
  const desk = useDesk();
  const { preferences } = useView();
  const { dialog, open } = useUi();
  const t = useTexts();
  const opened = dialog === 'form' && enabled;
  return (
    <Menu
      opened={opened}
      onChange={(wanted) => {
        // What else was opened meanwhile stays.
        if (wanted || opened) open(wanted ? 'form' : null);
      }}
      position="top-start"
      returnFocus
      aria-label={t('formMenu')}
    >
      <Menu.Target>
        <Tooltip label={`${t('do_form')} (${keyOf('form', preferences.keys)})`} disabled={opened}>
          <Button
            variant="subtle"
            color="gray"
            size="compact-md"
            className="form-button"
            leftSection={<FormIcon />}
            disabled={!enabled}
          >
            {t('form')}
          </Button>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {FORM_NAMES.map((form) => (
          <Menu.Item
            key={form}
            onClick={() => desk.offerForm(thread.conversation, form, offeredValues(form, thread))}
          >
            {formTitle(form, preferences.language)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
