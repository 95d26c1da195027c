import type { Thread } from '@madoguchi/shared';
import { Autocomplete, Button, Modal, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { useDesk, useTexts, useView } from './use.ts';

interface DialogProps {
  thread: Thread;
  opened: boolean;
  onClose: () => void;
}

export function TransferDialog({ thread, opened, onClose }: DialogProps) {
  const t = useTexts();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('transferTitle')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <TransferForm thread={thread} onClose={onClose} />
    </Modal>
  );
}

function TransferForm({ thread, onClose }: Omit<DialogProps, 'opened'>) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const [queue, setQueue] = useState(thread.queue);
  const agent = useRef<HTMLInputElement>(null);
  const seen = [...Object.values(view.threads), ...view.recent].map((c) => c.queue).filter((q) => q !== '');
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        desk.transfer(thread.conversation, queue.trim(), agent.current?.value.trim() ?? '');
        onClose();
      }}
    >
      <Autocomplete
        label={t('transferQueue')}
        data={[...new Set(seen)]}
        value={queue}
        onChange={setQueue}
        data-autofocus
        required
        withAsterisk={false}
      />
      <TextInput ref={agent} label={t('transferAgent')} description={t('transferAgentHint')} />
      <div className="row end">
        <Button variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button type="submit">{t('transferDo')}</Button>
      </div>
    </form>
  );
}

export function CloseDialog({ thread, opened, onClose }: DialogProps) {
  const desk = useDesk();
  const t = useTexts();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t('closeTitle')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <div className="dialog">
        <p>{t('closeText')}</p>
        <div className="row end">
          <Button variant="default" onClick={onClose}>
            {t('cancel')}
          </Button>
          <Button
            data-autofocus
            onClick={() => {
              desk.close(thread.conversation);
              onClose();
            }}
          >
            {t('closeDo')}
          </Button>
        </div>
      </div>
    </Modal>
  );
}
