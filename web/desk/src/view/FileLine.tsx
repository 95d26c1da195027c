import { type ConversationEvent, drawInto, fileSize, saveAs } from '@madoguchi/shared';
import { Modal } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { FileIcon } from './icons.tsx';
import { useDesk, useTexts } from './use.ts';

type FileEvent = Extract<ConversationEvent, { what: 'file' }>;

/** Longest side of a picture in the thread and enlarged, in px. */
const SMALL = 280;
const LARGE = 1_600;

/** A file in the thread; pictures are drawn, others named. */
export function FileLine({ event, conversation }: { event: FileEvent; conversation: string }) {
  const desk = useDesk();
  const t = useTexts();
  const [large, setLarge] = useState(false);
  const [failed, setFailed] = useState(false);
  if (event.erased) return <p className="bubble">{t('fileErased')}</p>;
  const image = event.media_type.startsWith('image/') && event.media_type !== 'image/svg+xml';
  const save = () =>
    desk.file(conversation, event.file).then(
      (blob) => saveAs(blob, event.name),
      () => setFailed(true),
    );
  return (
    <div className="bubble file">
      {image && !failed && (
        <Picture event={event} conversation={conversation} side={SMALL} onFail={() => setFailed(true)} />
      )}
      <span className="file-name">
        <FileIcon /> {event.name} <span className="hint">{fileSize(event.bytes)}</span>
      </span>
      {failed && <span className="hint">{t('fileGone')}</span>}
      <span className="row">
        <button type="button" className="link" onClick={() => void save()}>
          {t('save')}
        </button>
        {image && !failed && (
          <button type="button" className="link" onClick={() => setLarge(true)}>
            {t('preview')}
          </button>
        )}
      </span>
      <Modal
        opened={large}
        onClose={() => setLarge(false)}
        title={event.name}
        size="auto"
        closeButtonProps={{ 'aria-label': t('dismiss') }}
      >
        <Picture event={event} conversation={conversation} side={LARGE} onFail={() => setFailed(true)} />
      </Modal>
    </div>
  );
}

interface PictureProps {
  event: FileEvent;
  conversation: string;
  side: number;
  onFail: () => void;
}

function Picture({ event, conversation, side, onFail }: PictureProps) {
  const desk = useDesk();
  const canvas = useRef<HTMLCanvasElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a file never changes; only another one is loaded.
  useEffect(() => {
    desk
      .file(conversation, event.file)
      .then((blob) => (canvas.current ? drawInto(canvas.current, blob, side) : undefined))
      .catch(onFail);
  }, [desk, conversation, event.file, side]);
  return <canvas ref={canvas} role="img" aria-label={event.name} className="picture" width={1} height={1} />;
}
