import type { Thread } from '@madoguchi/shared';
import { Button, Textarea } from '@mantine/core';
import type { RefObject } from 'react';
import type { Colleague } from '../core/mentions.ts';
import { memory } from '../store/memory.ts';
import { CannedPicker } from './CannedPicker.tsx';
import { ComposerFoot } from './ComposerFoot.tsx';
import { LockIcon } from './icons.tsx';
import { type Mode, NOTE_BOX, REPLY_BOX, useUi } from './ui.ts';
import { useTexts, useView } from './use.ts';
import { type Suggesting, useWriting } from './useWriting.ts';

/** As in `docs/socket.md`. */
const LONGEST_TEXT = 4_000;

interface ComposerProps {
  thread: Thread;
  box: RefObject<HTMLTextAreaElement | null>;
}

export function Composer({ thread, box }: ComposerProps) {
  const t = useTexts();
  const { mode: chosen, setMode } = useUi();
  const voice = thread.channel === 'voice';
  const mode = voice ? 'note' : chosen;
  return (
    <section className={mode === 'note' ? 'composer noting' : 'composer'} aria-label={t('compose')}>
      <div className="modes" role="tablist" aria-label={t('compose')}>
        {(voice ? (['note'] as const) : (['reply', 'note'] as const)).map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={mode === one}
            className="mode"
            onClick={() => setMode(one)}
          >
            {one === 'note' && <LockIcon />}
            {t(one)}
          </button>
        ))}
      </div>
      <Box key={`${thread.conversation} ${mode}`} thread={thread} box={box} mode={mode} />
    </section>
  );
}

/** The box keeps its own text, so an input method is never disturbed by a rendering; the draft is kept at each letter. */
function Box({ thread, box, mode }: ComposerProps & { mode: Mode }) {
  const view = useView();
  const t = useTexts();
  const ui = useUi();
  const writing = useWriting(thread, box, mode);
  const note = mode === 'note';
  const { enabled, composition, open } = writing;
  const placeholder = note
    ? 'composeNote'
    : enabled
      ? 'compose'
      : thread.closed
        ? 'composeClosed'
        : 'composeNotYours';
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        writing.submit(false);
      }}
    >
      {ui.dialog === 'canned' && !note && <CannedPicker onClose={writing.shut} onPick={writing.insert} />}
      {writing.people && <Suggestions suggesting={writing.people} onPick={writing.call} />}
      {open.length > 0 && <OpenVariables box={box} open={open} send={() => writing.submit(true)} />}
      <Textarea
        id={note ? NOTE_BOX : REPLY_BOX}
        ref={box}
        autosize
        minRows={2}
        maxRows={8}
        maxLength={LONGEST_TEXT}
        disabled={!enabled}
        defaultValue={memory.draft(view.account?.id ?? '', thread.conversation, mode)}
        aria-label={t(note ? 'composeNote' : 'compose')}
        placeholder={t(placeholder)}
        onKeyDown={writing.onKeyDown}
        onCompositionStart={composition.start}
        onCompositionEnd={composition.end}
        onPaste={writing.onPaste}
        onInput={(event) => writing.onInput(event.currentTarget)}
      />
      <ComposerFoot
        thread={thread}
        mode={mode}
        enabled={enabled}
        whisper={writing.whisper}
        setWhisper={writing.setWhisper}
      />
    </form>
  );
}

interface OpenProps {
  box: RefObject<HTMLTextAreaElement | null>;
  open: readonly string[];
  send: () => void;
}

/** Says which variables have no value, before the text goes out. */
function OpenVariables({ box, open, send }: OpenProps) {
  const t = useTexts();
  return (
    <div className="open-variables" role="alert">
      {t('openVariables')}
      {open.map((variable) => (
        <button
          key={variable}
          type="button"
          className="variable"
          onClick={() => choose(box.current, variable)}
        >
          {variable}
        </button>
      ))}
      <span className="grow" />
      <Button size="compact-sm" variant="default" onClick={send}>
        {t('sendAnyway')}
      </Button>
    </div>
  );
}

function choose(area: HTMLTextAreaElement | null, text: string): void {
  const at = area?.value.indexOf(text) ?? -1;
  if (!area || at < 0) return;
  area.focus();
  area.setSelectionRange(at, at + text.length);
}

function Suggestions({
  suggesting,
  onPick,
}: {
  suggesting: Suggesting;
  onPick: (colleague: Colleague) => void;
}) {
  const t = useTexts();
  return (
    <div className="suggestions" role="listbox" aria-label={t('mentionList')} tabIndex={-1}>
      {suggesting.people.map((colleague, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the text box's.
        <div
          key={colleague.id}
          role="option"
          tabIndex={-1}
          aria-selected={i === suggesting.at}
          className="picker-item"
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(colleague)}
        >
          @{colleague.name}
        </div>
      ))}
    </div>
  );
}
