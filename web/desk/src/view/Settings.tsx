import { Button, Checkbox, Modal, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { askPermission, permission } from '../store/alerts.ts';
import { sendKeyOf } from '../store/view.ts';
import { useUi } from './ui.ts';
import { useDesk, useTexts, useView } from './use.ts';

/** How the desk looks and sounds; kept on this device. */
export function SettingsDialog() {
  const { dialog, open } = useUi();
  const t = useTexts();
  return (
    <Modal
      opened={dialog === 'settings'}
      onClose={() => open(null)}
      title={t('preferences')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <Settings />
    </Modal>
  );
}

function Choice<T extends string>(props: {
  label: string;
  value: T;
  data: { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <fieldset className="choice">
      <legend>{props.label}</legend>
      <SegmentedControl
        value={props.value}
        data={props.data}
        onChange={(value) => props.onChange(value as T)}
        transitionDuration={0}
        fullWidth
      />
    </fieldset>
  );
}

function Settings() {
  const desk = useDesk();
  const { preferences } = useView();
  const t = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  return (
    <div className="dialog">
      <Choice
        label={t('scheme')}
        value={colorScheme}
        onChange={setColorScheme}
        data={[
          { value: 'auto', label: t('schemeAuto') },
          { value: 'light', label: t('schemeLight') },
          { value: 'dark', label: t('schemeDark') },
        ]}
      />
      <Choice
        label={t('density')}
        value={preferences.density}
        onChange={(density) => desk.setPreferences({ density })}
        data={[
          { value: 'normal', label: t('densityNormal') },
          { value: 'compact', label: t('densityCompact') },
        ]}
      />
      <Choice
        label={t('sendKey')}
        value={sendKeyOf(preferences)}
        onChange={(sendKey) => desk.setPreferences({ sendKey })}
        data={[
          { value: 'enter', label: t('sendKeyEnter') },
          { value: 'ctrlEnter', label: t('sendKeyCtrl') },
        ]}
      />
      <Checkbox
        label={t('sound')}
        checked={preferences.sound}
        onChange={(event) => desk.setPreferences({ sound: event.currentTarget.checked })}
      />
      <SystemNotices />
    </div>
  );
}

function SystemNotices(): ReactNode {
  const t = useTexts();
  const [state, setState] = useState(permission);
  if (state === 'unsupported') return null;
  return (
    <fieldset className="choice">
      <legend>{t('notices')}</legend>
      {state === 'default' ? (
        <Button variant="default" onClick={() => void askPermission().then(setState)}>
          {t('noticesAsk')}
        </Button>
      ) : (
        <p className="hint">{t(state === 'granted' ? 'noticesOn' : 'noticesOff')}</p>
      )}
    </fieldset>
  );
}
