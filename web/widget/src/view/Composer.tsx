import { Composition, sends, type Translate } from '@madoguchi/shared';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { memory } from '../memory.ts';
import type { Text } from '../texts.ts';
import { AttachIcon, SendIcon } from './icons.tsx';

/** As in `docs/socket.md`. */
const LONGEST_TEXT = 4_000;

export interface ComposerProps {
  t: Translate<Text>;
  placeholder: string;
  box: RefObject<HTMLTextAreaElement | null>;
  onSend: (text: string) => void;
  onTyping: () => void;
  onFiles: (files: File[]) => void;
}

/** The text box keeps its own text: it is never rendered anew, so an input method is never disturbed. */
export function Composer({ t, placeholder, box, onSend, onTyping, onFiles }: ComposerProps) {
  const input = useRef<HTMLInputElement>(null);
  const composition = useRef(new Composition()).current;
  useLayoutEffect(() => {
    if (!box.current) return;
    box.current.value = memory.draft();
    box.current.focus({ preventScroll: true });
  }, [box]);
  const submit = () => {
    const area = box.current;
    const text = area?.value.trim() ?? '';
    if (!area || text === '') return;
    onSend(text);
    area.value = '';
    memory.keepDraft('');
    area.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!sends(event, composition, 'enter')) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onFiles([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class="icon"
        aria-label={t('attach')}
        title={t('attach')}
        onClick={() => input.current?.click()}
      >
        <AttachIcon />
      </button>
      <textarea
        ref={box}
        rows={1}
        maxLength={LONGEST_TEXT}
        aria-label={t('compose')}
        placeholder={placeholder}
        title={t('sendHint')}
        onKeyDown={onKeyDown}
        onCompositionStart={composition.start}
        onCompositionEnd={composition.end}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])];
          if (files.length === 0) return;
          event.preventDefault();
          onFiles(files);
        }}
        onInput={(event) => {
          memory.keepDraft(event.currentTarget.value);
          onTyping();
        }}
      />
      <button type="submit" class="primary icon" aria-label={t('send')} title={t('sendHint')}>
        <SendIcon />
      </button>
    </form>
  );
}
