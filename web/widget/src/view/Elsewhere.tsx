import { useRef, useState } from 'preact/hooks';
import type { StartProps } from './StartForm.tsx';

/** The link with which another device goes on. */
export function Elsewhere({ session, view, t }: StartProps) {
  const box = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const { link } = view;
  if (link === 'none' || link === 'asked') return null;
  const copy = async () => {
    box.current?.select();
    try {
      await navigator.clipboard.writeText(box.current?.value ?? '');
      setCopied(true);
    } catch {
      // Not allowed here: the link is selected, so that the person may copy it.
    }
  };
  const hide = () => {
    setCopied(false);
    session.forgetLink();
  };
  return (
    <div class="notice" role="status">
      {link === 'failed' ? (
        <p>{t('elsewhereFailed')}</p>
      ) : (
        <>
          <p>{t('elsewhereText')}</p>
          <input ref={box} type="text" readOnly value={link.url} aria-label={t('elsewhere')} />
        </>
      )}
      <div class="row">
        <span class="grow" />
        <button type="button" class="link" onClick={hide}>
          {t('hide')}
        </button>
        {link !== 'failed' && (
          <button type="button" class="second" onClick={() => void copy()}>
            {t(copied ? 'copied' : 'copy')}
          </button>
        )}
      </div>
    </div>
  );
}
