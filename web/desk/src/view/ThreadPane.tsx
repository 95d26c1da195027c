import { duration, type Thread } from '@madoguchi/shared';
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { type DragEvent, useRef, useState } from 'react';
import { keyOf } from '../core/keys.ts';
import { maySay, othersAt, queueName } from '../store/view.ts';
import { isBusy, presentCall } from '../voice/actions.ts';
import { CallFacts } from '../voice/CallFacts.tsx';
import { usePhone } from '../voice/use.ts';
import { allowed, runs } from './actions.ts';
import { Composer } from './Composer.tsx';
import { Consultation } from './Consultation.tsx';
import { TransferDialog } from './dialogs.tsx';
import { BackIcon, CloseIcon, EyeIcon, PenIcon, PersonIcon, TransferIcon } from './icons.tsx';
import { Log } from './Log.tsx';
import { setText } from './setText.ts';
import { UploadList } from './UploadList.tsx';
import { useUi } from './ui.ts';
import { useDesk, useNow, useTexts, useView } from './use.ts';

export function ThreadPane() {
  const desk = useDesk();
  const view = useView();
  const ui = useUi();
  const t = useTexts();
  const box = useRef<HTMLTextAreaElement>(null);
  const thread = view.selected === null ? undefined : view.threads[view.selected];
  const { over, handlers } = useDrop((files) => {
    if (thread && maySay(view, thread)) void desk.uploads.add(thread.conversation, files);
  });
  if (!thread)
    return (
      <main className="thread none">
        <h1 className="unseen">{t('page_desk')}</h1>
        {t('choose')}
      </main>
    );
  const takeBack = (message: string) => {
    const pending = thread.pending.find((p) => p.message === message);
    const note = pending?.note === true;
    const text = desk.takeBack(thread.conversation, message);
    // Nobody writes a form's text.
    if (pending?.form) return;
    ui.setMode(note ? 'note' : 'reply');
    setTimeout(() => {
      if (box.current && text !== '') setText(box.current, text);
    }, 0);
  };
  return (
    <main className="thread" {...handlers}>
      <Title thread={thread} />
      <Others thread={thread} />
      <CallFacts thread={thread} />
      <Consultation key={`consultation ${thread.conversation}`} thread={thread} />
      <Log key={`log ${thread.conversation}`} thread={thread} takeBack={takeBack} />
      <p className="typing" aria-live="polite">
        {view.typing.has(thread.conversation) && t('customerTyping')}
      </p>
      <UploadList conversation={thread.conversation} />
      <Composer thread={thread} box={box} />
      {over && maySay(view, thread) && <div className="drop-here">{t('dropHere')}</div>}
      <Transfer thread={thread} />
    </main>
  );
}

/** While the call of this conversation goes on, it is the call that is handed over: see `CallDialogs`. */
function Transfer({ thread }: { thread: Thread }) {
  const phone = usePhone();
  const call = isBusy(phone) ? presentCall(phone) : undefined;
  return call?.conversation === thread.conversation ? null : <TransferDialog thread={thread} />;
}

/** Files dragged over the thread. */
function useDrop(take: (files: File[]) => void) {
  const [depth, setDepth] = useState(0);
  const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes('Files');
  const handlers = {
    onDragEnter: (event: DragEvent) => hasFiles(event) && setDepth(depth + 1),
    onDragLeave: () => setDepth(Math.max(0, depth - 1)),
    onDragOver: (event: DragEvent) => {
      if (hasFiles(event)) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      setDepth(0);
      if (!hasFiles(event)) return;
      event.preventDefault();
      take([...event.dataTransfer.files]);
    },
  };
  return { over: depth > 0, handlers };
}

/** Says who else has the conversation on their screen, before two people answer at once. */
function Others({ thread }: { thread: Thread }) {
  const view = useView();
  const t = useTexts();
  const others = othersAt(view, thread.conversation);
  const names = (list: typeof others) => list.map((v) => v.name || v.id).join('、');
  const typing = others.filter((v) => v.typing);
  return (
    <p className="others" role="status" data-typing={typing.length > 0}>
      {others.length > 0 && (typing.length > 0 ? <PenIcon /> : <EyeIcon />)}
      {typing.length > 0 && t('alsoTypes', { names: names(typing) })}
      {others.length > 0 && typing.length === 0 && t('alsoHere', { names: names(others) })}
    </p>
  );
}

function Title({ thread }: { thread: Thread }) {
  const desk = useDesk();
  const view = useView();
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
      <span className="queue">{queueName(view, thread.queue)}</span>
      {thread.closed ? (
        <span className="tag">{t('finished')}</span>
      ) : (
        thread.openedAt > 0 && <span className="timer">{duration(now - thread.openedAt)}</span>
      )}
      <span className="grow" />
      <Buttons />
    </div>
  );
}

function Buttons() {
  const desk = useDesk();
  const view = useView();
  const ui = useUi();
  const t = useTexts();
  const may = allowed(view);
  const run = runs(desk, ui);
  const { keys } = view.preferences;
  return (
    <>
      {may.take && (
        <Button variant="default" size="compact-md" onClick={() => run.take?.()}>
          {t('take')}
        </Button>
      )}
      {(may.join || may.leave) && (
        <Button variant="default" size="compact-md" onClick={() => run.join?.()}>
          {t(may.join ? 'join' : 'leave')}
        </Button>
      )}
      <Tooltip label={keyOf('transfer', keys)}>
        <Button
          variant="default"
          size="compact-md"
          leftSection={<TransferIcon />}
          disabled={!may.held}
          onClick={() => run.transfer?.()}
        >
          {t('transfer')}
        </Button>
      </Tooltip>
      <Tooltip label={keyOf('wrap', keys)}>
        <Button
          variant="default"
          size="compact-md"
          leftSection={<CloseIcon />}
          disabled={!may.held}
          onClick={() => run.wrap?.()}
        >
          {t('close')}
        </Button>
      </Tooltip>
      <Tooltip label={t('customerInfo')}>
        <ActionIcon
          className="narrow-only"
          variant="default"
          size="lg"
          aria-label={t('customerInfo')}
          onClick={() => run.info?.()}
        >
          <PersonIcon />
        </ActionIcon>
      </Tooltip>
    </>
  );
}
