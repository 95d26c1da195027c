import type { Thread } from '@madoguchi/shared';
import { Button, Modal, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import type { WrapUp } from '../store/commands.ts';
import { memory } from '../store/memory.ts';
import type { Code } from '../store/office.ts';
import { holds, neighbour, workOf } from '../store/view.ts';
import { useUi } from './ui.ts';
import { useDesk, useTexts, useView } from './use.ts';

/** Ends the conversation on the screen and keeps what it was about; or only keeps it, when it has ended already. */
export function WrapDialog() {
  const { dialog, open } = useUi();
  const view = useView();
  const t = useTexts();
  const { selected, toWrap } = view;
  const held = selected !== null && holds(view, selected);
  const conversation = held ? selected : toWrap;
  const thread = conversation === null ? undefined : view.threads[conversation];
  const opened = (dialog === 'wrap' || dialog === 'wrapNext') && conversation !== null;
  return (
    <Modal
      opened={opened}
      onClose={() => open(null)}
      title={t(held ? 'wrapTitle' : 'wrapOnly')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      {conversation !== null && (
        <WrapForm key={conversation} conversation={conversation} thread={thread} held={held} />
      )}
    </Modal>
  );
}

interface FormProps {
  conversation: string;
  thread: Thread | undefined;
  held: boolean;
}

/** Codes under the name of what they belong to. */
function grouped(codes: readonly Code[], language: 'ja' | 'en') {
  const name = (code: Code) => code[language] || code.ja || code.id;
  const parents = codes.filter((c) => !c.parent);
  const children = (id: string) => codes.filter((c) => c.parent === id);
  return parents.map((parent) => {
    const below = children(parent.id).map((c) => ({ value: c.id, label: name(c) }));
    return below.length === 0
      ? { value: parent.id, label: name(parent) }
      : { group: name(parent), items: [{ value: parent.id, label: name(parent) }, ...below] };
  });
}

function WrapForm({ conversation, thread, held }: FormProps) {
  const desk = useDesk();
  const view = useView();
  const ui = useUi();
  const t = useTexts();
  const { language } = view.preferences;
  const [code, setCode] = useState(thread?.wrapped?.code ?? '');
  const tags = useRef<HTMLInputElement>(null);
  const summary = useRef<HTMLTextAreaElement>(null);
  const follow = useRef<HTMLInputElement>(null);
  const finish = (wrap: boolean) => {
    const next = ui.dialog === 'wrapNext' ? neighbour(workOf(view), conversation, 1) : null;
    // Closing first: the center's clock for after-contact work starts then, and the record stops it.
    if (held) desk.close(conversation);
    if (wrap) desk.wrap(conversation, written());
    ui.open(null);
    if (next !== null && next !== conversation) desk.select(next);
  };
  const written = (): WrapUp => {
    const at = new Date(follow.current?.value ?? '').getTime();
    return {
      code,
      tags: [...new Set((tags.current?.value ?? '').split(/[\s、,]+/).filter((tag) => tag !== ''))],
      summary: summary.current?.value.trim() ?? '',
      ...(Number.isNaN(at) ? {} : { follow_up_at: at }),
    };
  };
  const codes = view.office.codes;
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        finish(true);
      }}
    >
      {codes.state === 'ready' && codes.list.length > 0 && (
        <NativeSelect
          label={t('wrapCode')}
          data-autofocus
          required
          withAsterisk={false}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          data={[{ value: '', label: t('wrapNone') }, ...grouped(codes.list, language)]}
        />
      )}
      <TextInput ref={tags} label={t('wrapTags')} defaultValue={memory.tags(conversation).join(' ')} />
      <Textarea ref={summary} label={t('wrapSummary')} autosize minRows={2} maxRows={6} maxLength={2_000} />
      <TextInput ref={follow} label={t('wrapFollow')} type="datetime-local" />
      {held && <p className="hint">{t('closeText')}</p>}
      <div className="row end">
        <Button variant="default" onClick={() => ui.open(null)}>
          {t('cancel')}
        </Button>
        {held && (
          <Button variant="default" onClick={() => finish(false)}>
            {t('wrapSkip')}
          </Button>
        )}
        <Button type="submit">{t(held ? 'wrapDo' : 'wrapRecord')}</Button>
      </div>
    </form>
  );
}
