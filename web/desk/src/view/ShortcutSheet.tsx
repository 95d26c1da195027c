import { Kbd, Modal } from '@mantine/core';
import { Fragment } from 'react';
import { sendKeyOf } from '../store/view.ts';
import type { Text } from '../texts.ts';
import { useTexts, useView } from './use.ts';

const KEYS: [string[], Text][] = [
  [['Alt+1', '…', 'Alt+9'], 'keyOpen'],
  [['J', 'K'], 'keyNext'],
  [['A', 'D'], 'keyAccept'],
  [['Alt+R'], 'keyReply'],
  [['Esc'], 'keyLeave'],
  [['Alt+T'], 'keyTransfer'],
  [['Alt+E'], 'keyClose'],
  [['Alt+S'], 'keyState'],
  [['?'], 'keySheet'],
];

export function ShortcutSheet({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const t = useTexts();
  const sendKey = sendKeyOf(useView().preferences) === 'enter' ? 'Enter' : 'Ctrl+Enter';
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('shortcuts')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <dl className="keys">
        {[...KEYS, [[sendKey], 'keySend'] as (typeof KEYS)[number]].map(([keys, what]) => (
          <Fragment key={what}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{t(what)}</dd>
          </Fragment>
        ))}
      </dl>
      <p className="hint">{t('keyNote')}</p>
    </Modal>
  );
}
