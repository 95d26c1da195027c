import {
  Composition,
  type Language,
  type Question,
  type Theme,
  type Translate,
  textIn,
} from '@madoguchi/shared';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { memory } from '../memory.ts';
import type { Before } from '../model.ts';
import type { Session, View } from '../session.ts';
import type { Text } from '../texts.ts';

export interface StartProps {
  session: Session;
  view: View;
  t: Translate<Text>;
}

/** What the form holds; fields without a name of ours are answers. */
function beforeOf(form: HTMLFormElement): Before {
  const data = new FormData(form);
  const text = (name: string) => String(data.get(name) ?? '').trim();
  const answers: Record<string, string> = {};
  for (const [key, value] of data)
    if (key.startsWith('answer.') && String(value).trim() !== '')
      answers[key.slice('answer.'.length)] = String(value).trim();
  return { name: text('name'), text: text('text'), reason: text('reason'), answers };
}

export function StartForm({ session, view, t }: StartProps) {
  const form = useRef<HTMLFormElement>(null);
  const question = useRef<HTMLTextAreaElement>(null);
  const { theme, language } = view;
  const welcome = theme && textIn(theme.welcome, language);
  // Before anybody can write: neither text nor focus may be taken from them.
  useLayoutEffect(() => {
    if (question.current) question.current.value = memory.draft();
    form.current?.querySelector('input')?.focus({ preventScroll: true });
  }, []);
  const start = async (before: Before) => {
    if (before.text === '') return question.current?.focus();
    memory.keepDraft('');
    if (!(await session.begin(before))) memory.keepDraft(before.text);
  };
  return (
    <form
      ref={form}
      class="start"
      onSubmit={(event) => {
        event.preventDefault();
        void start(beforeOf(event.currentTarget));
      }}
    >
      <p class="greeting">{welcome || t('greeting')}</p>
      <p class="quiet">{t('greetingMore')}</p>
      <OneLine name="name" label={t('name')} autocomplete="name" required={false} />
      {theme && <Reasons theme={theme} language={language} t={t} />}
      {theme?.pre_chat.map((one) => (
        <Asked key={one.id} question={one} language={language} t={t} />
      ))}
      <label>
        {t('question')}
        <textarea
          ref={question}
          name="text"
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

interface OneLineProps {
  name: string;
  label: string;
  required: boolean;
  autocomplete?: string;
}

/** A line of text whose Enter, while it confirms a conversion, does not send the form. */
function OneLine({ name, label, required, autocomplete = 'off' }: OneLineProps) {
  const composition = useRef(new Composition()).current;
  return (
    <label>
      {label}
      <input
        name={name}
        type="text"
        autocomplete={autocomplete}
        required={required}
        maxLength={100}
        onCompositionStart={composition.start}
        onCompositionEnd={composition.end}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && composition.owns(event)) event.preventDefault();
        }}
      />
    </label>
  );
}

interface AskProps {
  language: Language;
  t: Translate<Text>;
}

function Reasons({ theme, language, t }: AskProps & { theme: Theme }) {
  if (theme.reasons.length === 0) return null;
  return (
    <label>
      {t('reason')}
      <select name="reason" required>
        <option value="">{t('reasonNone')}</option>
        {theme.reasons.map((reason) => (
          <option key={reason.id} value={reason.id}>
            {reason[language] || reason.ja}
          </option>
        ))}
      </select>
    </label>
  );
}

function Asked({ question, language, t }: AskProps & { question: Question }) {
  const { id, kind, choices = [], required } = question;
  const label = `${textIn(question.label, language)}${required ? '' : t('optional')}`;
  const name = `answer.${id}`;
  if (kind === 'text') return <OneLine name={name} label={label} required={required} />;
  return (
    <fieldset>
      <legend>{label}</legend>
      {choices.map((choice) => (
        <label key={choice.ja} class="choice">
          <input type="radio" name={name} value={textIn(choice, language)} required={required} />
          {textIn(choice, language)}
        </label>
      ))}
    </fieldset>
  );
}
