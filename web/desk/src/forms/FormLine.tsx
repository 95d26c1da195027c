import {
  type ConversationEvent,
  type FormPart,
  formTitle,
  type Language,
  parseForm,
  summaryLines,
  type Translate,
} from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { Fragment } from 'react';
import { wordText } from '../customer/use.ts';
import type { Text } from '../texts.ts';
import { useReturn } from './useReturn.ts';
import './forms.css';

type Message = Extract<ConversationEvent, { what: 'message' }> & ConversationEvent;

interface Props {
  event: Message;
  form: FormPart;
  /** An offered one was filled in. */
  answered: boolean;
  conversation: string;
  language: Language;
  t: Translate<Text>;
}

/** A message that is a form: that it was offered, or what was filled in. */
export function FormLine({ event, form, answered, conversation, language, t }: Props) {
  if (!form.filled)
    return (
      <p className="bubble">
        {t('formOffered', { form: formTitle(form.form, language) })} —{' '}
        <span className={answered ? 'tag strong' : 'tag'}>{t(answered ? 'formAnswered' : 'formOpen')}</span>
      </p>
    );
  const values = parseForm(event.text);
  return (
    <div className="bubble form-card">
      <strong>{t('formFilled', { form: formTitle(form.form, language) })}</strong>
      <dl>
        {summaryLines(form.form, values, language).map(({ name, label, value }) => (
          <Fragment key={name}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
      {form.form === 'return' && values.order && (
        <AskReturn talk={conversation} event={event.number} values={values} t={t} />
      )}
    </div>
  );
}

interface AskProps {
  talk: string;
  event: number;
  values: Readonly<Record<string, string>>;
  t: Translate<Text>;
}

function AskReturn({ talk, event, values, t }: AskProps) {
  const [search, start] = useReturn(talk, event, values);
  const number = values.order ?? '';
  return (
    <>
      <Button size="compact-sm" loading={search === 'looking'} onClick={() => void start()}>
        {t('returnAsk')}
      </Button>
      <p role="status" className={search === 'looking' ? 'hint' : 'shop-outcome bad'}>
        {search === 'looking' && t('returnLooking')}
        {search === 'missing' && t('returnMissing', { number })}
        {search === 'failed' && t('returnFailed')}
        {typeof search === 'object' &&
          t('returnBarred', { number, status: wordText(t, 'order', search.barred) })}
      </p>
    </>
  );
}
