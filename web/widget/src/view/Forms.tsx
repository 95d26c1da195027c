import {
  answerTo,
  Composition,
  type ConversationEvent,
  checked,
  choiceLabel,
  type Fault,
  type Field,
  type FormName,
  type FormPart,
  type FormValues,
  faultText,
  fieldLabel,
  fieldsOf,
  formTitle,
  type Language,
  mostOf,
  parseForm,
  pendingAnswer,
  summaryLines,
  type Thread,
  type Translate,
  tidied,
} from '@madoguchi/shared';
import { useEffect, useRef, useState } from 'preact/hooks';
import { memory } from '../memory.ts';
import type { Session } from '../session.ts';
import type { Text } from '../texts.ts';
import type { StartProps } from './StartForm.tsx';

type Message = Extract<ConversationEvent, { what: 'message' }>;

interface FormLineProps {
  event: Message;
  form: FormPart;
  thread: Thread;
  language: Language;
  t: Translate<Text>;
  session: Session;
}

/** A message that is a form: to be filled in, or with its answers. */
export function FormLine({ event, form, thread, language, t, session }: FormLineProps) {
  if (form.filled) return <Summary form={form.form} text={event.text} language={language} />;
  const answer = answerTo(thread, event.number);
  const pending = pendingAnswer(thread, event.number);
  const refused = pending?.state === 'refused' ? pending.reason : undefined;
  if (answer || refused === 'form_done')
    return (
      <Answered form={form.form} answer={answer} late={refused !== undefined} language={language} t={t} />
    );
  if (fieldsOf(form.form).length === 0) return <p class="bubble">{t('formUnknown')}</p>;
  return (
    <div class="bubble form-card">
      <Fields
        form={form.form as FormName}
        offer={event.number}
        conversation={thread.conversation}
        first={parseForm(pending?.text ?? event.text)}
        busy={pending !== null && refused === undefined}
        refused={refused !== undefined}
        language={language}
        t={t}
        onSend={(values) => session.fill(form.form as FormName, values, event.number)}
      />
    </div>
  );
}

interface AnsweredProps {
  form: string;
  answer: Message | null;
  /** Answers of ours came after those that count. */
  late: boolean;
  language: Language;
  t: Translate<Text>;
}

/** An offered form that was answered: it cannot be filled in again. */
function Answered({ form, answer, late, language, t }: AnsweredProps) {
  return (
    <div class="bubble form-card">
      <details open={late}>
        <summary>
          <strong>{formTitle(form, language)}</strong> <span class="answered">✓ {t('formAnswered')}</span>
        </summary>
        {answer && <Lines form={form} text={answer.text} language={language} />}
      </details>
      {late && (
        <p class="error" role="alert">
          {t('formDone')}
        </p>
      )}
    </div>
  );
}

interface SummaryProps {
  form: string;
  text: string | undefined;
  language: Language;
}

/** What was filled in. */
export function Summary({ form, text, language }: SummaryProps) {
  return (
    <div class="bubble form-card">
      <p>
        <strong>{formTitle(form, language)}</strong>
      </p>
      <Lines form={form} text={text} language={language} />
    </div>
  );
}

function Lines({ form, text, language }: SummaryProps) {
  return (
    <dl>
      {summaryLines(form, parseForm(text), language).map(({ name, label, value }) => (
        <div key={name}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A form that nobody offered: the customer opened it by themselves. */
export function OwnForm({ form, session, view, t, hide }: StartProps & { form: FormName; hide: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.querySelector<HTMLElement>('input, select, textarea')?.focus(), []);
  const { thread, language } = view;
  if (!thread || thread.closed) return null;
  return (
    <div ref={box} class="notice form-card own-form">
      <Fields
        form={form}
        offer={0}
        conversation={thread.conversation}
        first={{}}
        busy={false}
        refused={false}
        language={language}
        t={t}
        onSend={(values) => {
          session.fill(form, values, 0);
          hide();
        }}
        onDrop={() => {
          memory.keepForm(thread.conversation, 0, null);
          hide();
        }}
      />
    </div>
  );
}

interface FieldsProps {
  form: FormName;
  /** Number of the event that offers it; 0: none. */
  offer: number;
  conversation: string;
  /** What stands in it at first. */
  first: FormValues;
  /** It is on its way. */
  busy: boolean;
  refused: boolean;
  language: Language;
  t: Translate<Text>;
  onSend: (values: FormValues) => void;
  onDrop?: () => void;
}

/** What was typed is kept on the device until the center has the answers: a reload or another site loses none of it. */
function useFilling({ form, offer, conversation, first, onSend }: FieldsProps) {
  const box = useRef<HTMLFormElement>(null);
  const [values, setValues] = useState<FormValues>(() => memory.form(conversation, offer) ?? first);
  const [faults, setFaults] = useState<Record<string, Fault>>({});
  const type = (name: string, value: string) => {
    const next = { ...values, [name]: value };
    setValues(next);
    memory.keepForm(conversation, offer, next);
    // A fault goes as soon as it is put right; none appears while somebody types.
    const { [name]: fault, ...others } = faults;
    if (fault !== undefined && !(name in checked(form, next))) setFaults(others);
  };
  const submit = () => {
    const found = checked(form, values);
    setFaults(found);
    const bad = fieldsOf(form).find(({ name }) => name in found);
    if (bad === undefined) return onSend(tidied(form, values));
    const field = box.current?.elements.namedItem(bad.name);
    if (field instanceof HTMLElement) field.focus();
  };
  return { box, values, faults, type, submit };
}

function Fields(props: FieldsProps) {
  const { form, offer, busy, refused, language, t, onDrop } = props;
  const { box, values, faults, type, submit } = useFilling(props);
  const composition = useRef(new Composition()).current;
  const wrong = Object.keys(faults).length > 0;
  return (
    <form
      ref={box}
      // The faults are told beside the fields, in the page's language.
      noValidate
      aria-label={formTitle(form, language)}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) submit();
      }}
      onCompositionStart={composition.start}
      onCompositionEnd={composition.end}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && composition.owns(event)) event.preventDefault();
      }}
    >
      <p>
        <strong>{formTitle(form, language)}</strong>
      </p>
      {fieldsOf(form).map((field) => (
        <OneField
          key={field.name}
          {...{ form, field, offer, language, t }}
          value={values[field.name] ?? ''}
          fault={faults[field.name]}
          busy={busy}
          onType={(value) => type(field.name, value)}
        />
      ))}
      {(wrong || refused) && (
        <p class="error" role="alert">
          {t(wrong ? 'formFaults' : 'formRefused')}
        </p>
      )}
      <div class="row">
        <span class="grow" />
        {onDrop && (
          <button type="button" class="link" onClick={onDrop}>
            {t('drop')}
          </button>
        )}
        <button type="submit" class="primary" disabled={busy}>
          {t(busy ? 'formSending' : 'formSend')}
        </button>
      </div>
    </form>
  );
}

interface OneFieldProps {
  form: FormName;
  field: Field;
  offer: number;
  value: string;
  fault: Fault | undefined;
  busy: boolean;
  language: Language;
  t: Translate<Text>;
  onType: (value: string) => void;
}

function OneField({ form, field, offer, value, fault, busy, language, t, onType }: OneFieldProps) {
  const id = `form-${offer}-${field.name}`;
  const common = {
    id,
    name: field.name,
    value,
    disabled: busy,
    'aria-required': field.required === true,
    'aria-invalid': fault !== undefined,
    ...(fault === undefined ? {} : { 'aria-describedby': `${id}-fault` }),
  };
  const onInput = (event: { currentTarget: { value: string } }) => onType(event.currentTarget.value);
  return (
    <div class="field">
      <label for={id}>
        {fieldLabel(form, field.name, language)}
        {field.required && <span class="required">{t('formRequired')}</span>}
      </label>
      {field.kind === 'choice' && (
        <select {...common} onChange={onInput}>
          <option value="">{t('formNone')}</option>
          {field.choices?.map((choice) => (
            <option key={choice} value={choice}>
              {choiceLabel(choice, language)}
            </option>
          ))}
        </select>
      )}
      {field.kind === 'long' && <textarea {...common} rows={3} maxLength={mostOf(field)} onInput={onInput} />}
      {(field.kind === 'text' || field.kind === 'number') && (
        <input
          {...common}
          type="text"
          inputMode={field.kind === 'number' ? 'numeric' : 'text'}
          autocomplete={field.autocomplete ?? 'off'}
          maxLength={mostOf(field)}
          onInput={onInput}
        />
      )}
      {fault !== undefined && (
        <p id={`${id}-fault`} class="fault">
          {faultText(fault, language)}
        </p>
      )}
    </div>
  );
}
