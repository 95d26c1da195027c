import { fileSize } from '@madoguchi/shared';
import { Loader } from '@mantine/core';
import { FileIcon } from './icons.tsx';
import { reasonText, useDesk, useTexts, useView } from './use.ts';

/** Files of this conversation that are on their way or could not be sent. */
export function UploadList({ conversation }: { conversation: string }) {
  const desk = useDesk();
  const { uploads } = useView();
  const t = useTexts();
  const own = uploads.filter((u) => u.conversation === conversation);
  if (own.length === 0) return null;
  return (
    <ul className="uploads">
      {own.map((upload) => (
        <li
          key={upload.message}
          className={upload.state}
          role={upload.state === 'failed' ? 'alert' : undefined}
        >
          <FileIcon />
          <span className="clip">{upload.file.name}</span>
          <span className="hint">{fileSize(upload.file.size)}</span>
          <span className="grow" />
          {upload.state === 'sending' ? (
            <span className="row">
              <Loader size="xs" /> {t('uploading')}
            </span>
          ) : (
            <>
              <span>{t('uploadFailed', { reason: reasonText(t, upload.reason) })}</span>
              <button type="button" className="link" onClick={() => void desk.uploads.retry(upload.message)}>
                {t('again')}
              </button>
              <button type="button" className="link" onClick={() => desk.uploads.drop(upload.message)}>
                {t('drop')}
              </button>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
