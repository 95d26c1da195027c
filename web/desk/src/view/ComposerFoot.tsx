import type { Thread } from '@madoguchi/shared';
import { ActionIcon, Button, Checkbox, Tooltip } from '@mantine/core';
import { keyOf } from '../core/keys.ts';
import { FormMenu } from '../forms/FormMenu.tsx';
import { sendKeyOf } from '../store/view.ts';
import { allowed, runs } from './actions.ts';
import { AttachIcon, CannedIcon, SendIcon } from './icons.tsx';
import { ATTACH_INPUT, type Mode, useUi } from './ui.ts';
import { useDesk, useTexts, useView } from './use.ts';

interface FootProps {
  thread: Thread;
  mode: Mode;
  enabled: boolean;
  whisper: boolean;
  setWhisper: (whisper: boolean) => void;
}

/** What stands below the text box: tools at the left, sending at the right. */
export function ComposerFoot({ thread, mode, enabled, whisper, setWhisper }: FootProps) {
  const view = useView();
  const t = useTexts();
  const sendKey = sendKeyOf(view.preferences);
  const note = mode === 'note';
  return (
    <div className="composer-foot">
      {note ? (
        <NoteTools whisper={whisper} setWhisper={setWhisper} mayWhisper={!allowed(view).held} />
      ) : (
        <ReplyTools thread={thread} enabled={enabled} />
      )}
      <span className="hint clip grow">
        {t(note ? 'noteHint' : sendKey === 'enter' ? 'hintEnter' : 'hintCtrlEnter')}
      </span>
      <Button
        type="submit"
        size="compact-md"
        className={note ? 'save-note' : ''}
        disabled={!enabled}
        leftSection={<SendIcon />}
      >
        {t(note ? 'saveNote' : 'send')}
      </Button>
    </div>
  );
}

function NoteTools({
  whisper,
  setWhisper,
  mayWhisper,
}: {
  whisper: boolean;
  setWhisper: (whisper: boolean) => void;
  mayWhisper: boolean;
}) {
  const t = useTexts();
  if (!mayWhisper) return null;
  return (
    <Checkbox
      size="sm"
      checked={whisper}
      onChange={(event) => setWhisper(event.currentTarget.checked)}
      label={t('whisperOn')}
    />
  );
}

function ReplyTools({ thread, enabled }: { thread: Thread; enabled: boolean }) {
  const desk = useDesk();
  const view = useView();
  const ui = useUi();
  const t = useTexts();
  const { keys } = view.preferences;
  const run = runs(desk, ui);
  return (
    <>
      <input
        id={ATTACH_INPUT}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          void desk.uploads.add(thread.conversation, [...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <Tooltip label={`${t('attach')} (${keyOf('attach', keys)})`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          disabled={!enabled}
          aria-label={t('attach')}
          onClick={() => run.attach?.()}
        >
          <AttachIcon />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={`${t('canned')} (/ ・ ${keyOf('canned', keys)})`}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          disabled={!enabled}
          aria-label={t('canned')}
          onClick={() => run.canned?.()}
        >
          <CannedIcon />
        </ActionIcon>
      </Tooltip>
      <FormMenu thread={thread} enabled={enabled} />
    </>
  );
}
