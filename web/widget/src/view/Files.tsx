import { type ConversationEvent, drawInto, fileSize, saveAs, type Translate } from '@madoguchi/shared';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from '../session.ts';
import type { Text } from '../texts.ts';
import { FileIcon } from './icons.tsx';
import type { StartProps } from './StartForm.tsx';

/** Longest side of a drawn picture, in px: twice what is shown, for fine screens. */
const SIDE = 640;

interface FileProps {
  event: Extract<ConversationEvent, { what: 'file' }>;
  session: Session;
  t: Translate<Text>;
}

export function FileLine({ event, session, t }: FileProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [failed, setFailed] = useState(false);
  const image = event.media_type.startsWith('image/') && event.media_type !== 'image/svg+xml';
  useEffect(() => {
    if (!image || event.erased) return;
    session
      .file(event.file)
      .then((blob) => (canvas.current ? drawInto(canvas.current, blob, SIDE) : undefined))
      .catch(() => setFailed(true));
  }, [session, event.file, event.erased, image]);
  if (event.erased) return <p class="bubble">{t('fileErased')}</p>;
  const save = () =>
    session.file(event.file).then(
      (blob) => saveAs(blob, event.name),
      () => setFailed(true),
    );
  return (
    <div class="bubble file">
      {image && !failed && (
        <canvas ref={canvas} role="img" aria-label={event.name} class="picture" width={1} height={1} />
      )}
      <span class="file-name">
        <FileIcon /> {event.name} <span class="quiet">{fileSize(event.bytes)}</span>
      </span>
      {failed && <span class="quiet">{t('fileGone')}</span>}
      <button type="button" class="link" onClick={() => void save()}>
        {t('save')}
      </button>
    </div>
  );
}

/** Files that are on their way or could not be sent. */
export function UploadList({ session, view, t }: StartProps) {
  const own = view.uploads.filter((u) => u.conversation === view.thread?.conversation);
  if (own.length === 0) return null;
  return (
    <ul class="uploads">
      {own.map((upload) => (
        <li key={upload.message} class={upload.state} role={upload.state === 'failed' ? 'alert' : undefined}>
          <FileIcon />
          <span class="grow">
            {upload.file.name}{' '}
            {t(
              upload.state === 'sending'
                ? 'uploading'
                : upload.reason === 'file_too_large'
                  ? 'uploadTooLarge'
                  : 'uploadFailed',
            )}
          </span>
          {upload.state === 'failed' && (
            <>
              {upload.reason !== 'file_too_large' && (
                <button type="button" class="link" onClick={() => void session.uploads.retry(upload.message)}>
                  {t('again')}
                </button>
              )}
              <button type="button" class="link" onClick={() => session.uploads.drop(upload.message)}>
                {t('drop')}
              </button>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
