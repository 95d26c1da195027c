import { Composition, type Translate } from '@madoguchi/shared';
import { useEffect, useRef } from 'preact/hooks';
import { memory } from '../memory.ts';
import type { Session, View } from '../session.ts';
import type { Text } from '../texts.ts';

export interface StartProps {
  session: Session;
  view: View;
  t: Translate<Text>;
}

export function StartForm({ session, view, t }: StartProps) {
  const name = useRef<HTMLInputElement>(null);
  const question = useRef<HTMLTextAreaElement>(null);
  const composition = useRef(new Composition()).current;
  useEffect(() => {
    if (question.current) question.current.value = memory.draft();
    name.current?.focus({ preventScroll: true });
  }, []);
  const start = async () => {
    const text = question.current?.value.trim() ?? '';
    if (text === '') return question.current?.focus();
    memory.keepDraft('');
    if (!(await session.begin(name.current?.value.trim() ?? '', text))) memory.keepDraft(text);
  };
  return (
    <form
      class="start"
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <p class="greeting">{t('greeting')}</p>
      <p class="quiet">{t('greetingMore')}</p>
      <label>
        {t('name')}
        <input
          ref={name}
          type="text"
          autocomplete="name"
          maxLength={100}
          onCompositionStart={composition.start}
          onCompositionEnd={composition.end}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && composition.owns(event)) event.preventDefault();
          }}
        />
      </label>
      <label>
        {t('question')}
        <textarea
          ref={question}
          rows={4}
          required
          maxLength={4_000}
          placeholder={t('questionHint')}
          onInput={(event) => memory.keepDraft(event.currentTarget.value)}
        />
      </label>
      {view.notice !== null && (
        <p class="error" role="alert">
          {t(view.notice)}
        </p>
      )}
      <button type="submit" class="primary wide" disabled={view.starting}>
        {t(view.starting ? 'starting' : 'start')}
      </button>
    </form>
  );
}
