import { Composition, sends, type Thread } from '@madoguchi/shared';
import { Button, Textarea } from '@mantine/core';
import { type KeyboardEvent, type RefObject, useEffect, useRef } from 'react';
import { memory } from '../store/memory.ts';
import { sendKeyOf } from '../store/view.ts';
import { SendIcon } from './icons.tsx';
import { setText } from './setText.ts';
import { REPLY_BOX } from './shortcuts.ts';
import { useDesk, useTexts, useView } from './use.ts';

/** As in `docs/socket.md`. */
const LONGEST_TEXT = 4_000;

interface ComposerProps {
  thread: Thread;
  held: boolean;
  box: RefObject<HTMLTextAreaElement | null>;
}

/** The box keeps its own text, so an input method is never disturbed by a rendering; the draft is kept at each letter. */
export function Composer({ thread, held, box }: ComposerProps) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const composition = useRef(new Composition()).current;
  const { conversation } = thread;
  const account = view.account?.id ?? '';
  const sendKey = sendKeyOf(view.preferences);
  useEffect(() => {
    if (held) box.current?.focus({ preventScroll: true });
  }, [held, box]);
  const submit = () => {
    const area = box.current;
    const text = area?.value.trim() ?? '';
    if (!area || text === '') return;
    desk.post(conversation, text);
    setText(area, '');
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key === 'Escape' && !composition.owns(event.nativeEvent)) return event.currentTarget.blur();
    if (!sends(event.nativeEvent, composition, sendKey)) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Textarea
        id={REPLY_BOX}
        ref={box}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={LONGEST_TEXT}
        disabled={!held}
        defaultValue={memory.draft(account, conversation)}
        aria-label={t('compose')}
        placeholder={t(held ? 'compose' : thread.closed ? 'composeClosed' : 'composeNotYours')}
        onKeyDown={onKeyDown}
        onCompositionStart={composition.start}
        onCompositionEnd={composition.end}
        onInput={(event) => {
          memory.keepDraft(account, conversation, event.currentTarget.value);
          if (event.currentTarget.value !== '') desk.typing(conversation);
        }}
      />
      <div className="composer-foot">
        <span className="hint">{t(sendKey === 'enter' ? 'hintEnter' : 'hintCtrlEnter')}</span>
        <Button type="submit" size="compact-md" disabled={!held} leftSection={<SendIcon />}>
          {t('send')}
        </Button>
      </div>
    </form>
  );
}
