import { spoken } from '@madoguchi/shared';
import { Button, Modal } from '@mantine/core';
import { lazy, type ReactNode, Suspense, useEffect } from 'react';
import type { Text } from '../texts.ts';
import { type Dialog, useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { isBusy, presentCall } from './actions.ts';
import { CallTransfer } from './CallTransfer.tsx';
import { DialForm } from './DialForm.tsx';
import { Keypad } from './Keypad.tsx';
import { usePhone } from './use.ts';

// Looked at when something is wrong, or once on a first day.
const DeviceCheck = lazy(() => import('./DeviceCheck.tsx'));

/** What the telephone opens above the panes. */
export function CallDialogs() {
  const { selected } = useView();
  const { dialog, open } = useUi();
  const view = usePhone();
  const call = isBusy(view) ? presentCall(view) : undefined;
  // The key for handing over is the same one in a chat and in a call.
  const transfer = dialog === 'callTransfer' || (dialog === 'transfer' && call?.conversation === selected);
  const over = call === undefined && (dialog === 'callTransfer' || dialog === 'keypad');
  useEffect(() => {
    if (over) open(null);
  }, [over, open]);
  return (
    <>
      <Above opened={transfer && call !== undefined} title="callTransferTitle" size="lg">
        {call && <CallTransfer call={call} />}
      </Above>
      <Above opened={dialog === 'keypad' && call !== undefined} title="keypad" size="xs">
        {call && <Keypad call={call.call} />}
      </Above>
      <Above opened={dialog === 'dial'} title="dial" size="sm">
        <DialForm />
      </Above>
      <Barred />
      <Above opened={dialog === 'devices'} title="devices" size="lg">
        <Suspense>
          <DeviceCheck />
        </Suspense>
      </Above>
    </>
  );
}

/** A number on the do-not-call list is called only by somebody who says so. */
function Barred() {
  const { phone } = useDesk();
  const { barred } = usePhone();
  const t = useTexts();
  return (
    <Modal
      opened={barred !== null}
      onClose={() => void phone.dialEvenSo(false)}
      title={t('neverTitle')}
      size="sm"
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <div className="dialog">
        <p>{t('neverAsk', { number: spoken(barred?.to ?? '') })}</p>
        <div className="row end">
          <Button variant="default" data-autofocus onClick={() => void phone.dialEvenSo(false)}>
            {t('neverLeave')}
          </Button>
          <Button color="red.9" onClick={() => void phone.dialEvenSo(true)}>
            {t('neverEvenSo')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

interface AboveProps {
  opened: boolean;
  title: Text & string;
  size: string;
  children: ReactNode;
}

function Above({ opened, title, size, children }: AboveProps) {
  const { open } = useUi();
  const t = useTexts();
  const close = () => open(null satisfies Dialog);
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t(title)}
      size={size}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      {children}
    </Modal>
  );
}
