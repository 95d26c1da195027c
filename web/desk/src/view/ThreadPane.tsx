import { duration, type Thread } from '@madoguchi/shared';
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useRef } from 'react';
import { workOf } from '../store/view.ts';
import { Composer } from './Composer.tsx';
import { CloseDialog, TransferDialog } from './dialogs.tsx';
import { BackIcon, CloseIcon, PersonIcon, TransferIcon } from './icons.tsx';
import { Log } from './Log.tsx';
import { setText } from './setText.ts';
import type { Dialog } from './shortcuts.ts';
import { useDesk, useNow, useTexts, useView } from './use.ts';

interface PaneProps {
  dialog: Dialog;
  setDialog: (dialog: Dialog) => void;
}

export function ThreadPane({ dialog, setDialog }: PaneProps) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const box = useRef<HTMLTextAreaElement>(null);
  const thread = view.selected === null ? undefined : view.threads[view.selected];
  if (!thread) return <main className="thread none">{t('choose')}</main>;
  const held = workOf(view).includes(thread.conversation);
  const takeBack = (message: string) => {
    const text = desk.takeBack(thread.conversation, message);
    if (box.current && text !== '') setText(box.current, text);
  };
  return (
    <main className="thread">
      <Title thread={thread} held={held} setDialog={setDialog} />
      <Log key={`log ${thread.conversation}`} thread={thread} takeBack={takeBack} />
      <p className="typing" aria-live="polite">
        {view.typing.has(thread.conversation) && t('customerTyping')}
      </p>
      <Composer key={thread.conversation} thread={thread} held={held} box={box} />
      <TransferDialog thread={thread} opened={dialog === 'transfer'} onClose={() => setDialog(null)} />
      <CloseDialog thread={thread} opened={dialog === 'close'} onClose={() => setDialog(null)} />
    </main>
  );
}

interface TitleProps {
  thread: Thread;
  held: boolean;
  setDialog: (dialog: Dialog) => void;
}

function Title({ thread, held, setDialog }: TitleProps) {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow();
  return (
    <div className="thread-head">
      <ActionIcon
        className="phone-only"
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('back')}
        onClick={() => desk.select(null)}
      >
        <BackIcon />
      </ActionIcon>
      <h1 className="clip">{thread.name ? t('honorific', { name: thread.name }) : t('anonymous')}</h1>
      <span className="queue">{thread.queue}</span>
      {thread.closed ? (
        <span className="tag">{t('finished')}</span>
      ) : (
        thread.openedAt > 0 && <span className="timer">{duration(now - thread.openedAt)}</span>
      )}
      <span className="grow" />
      <Button
        variant="default"
        size="compact-md"
        leftSection={<TransferIcon />}
        disabled={!held}
        onClick={() => setDialog('transfer')}
      >
        {t('transfer')}
      </Button>
      <Button
        variant="default"
        size="compact-md"
        leftSection={<CloseIcon />}
        disabled={!held}
        onClick={() => setDialog('close')}
      >
        {t('close')}
      </Button>
      <Tooltip label={t('customerInfo')}>
        <ActionIcon
          className="narrow-only"
          variant="default"
          size="lg"
          aria-label={t('customerInfo')}
          onClick={() => setDialog('customer')}
        >
          <PersonIcon />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
