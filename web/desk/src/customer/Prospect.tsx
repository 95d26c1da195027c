import { Composition, spoken } from '@madoguchi/shared';
import { Button, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';
import { reasonText, useDesk, useTexts } from '../view/use.ts';
import type { Change } from './types.ts';
import { reasonOf, useSameId } from './use.ts';

interface Props {
  /** The record that a channel made for them; absent: a new one is made. */
  record?: string;
  name?: string;
  phone?: string;
  onDone: (record: string) => void;
}

/** Writes somebody down who is not known yet, with what the channel told. */
export function ProspectForm({ record, name = '', phone = '', onDone }: Props) {
  const desk = useDesk();
  const t = useTexts();
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const composition = useRef(new Composition()).current;
  const ids = useSameId();
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const change = changeOf(new FormData(event.currentTarget), phone);
    setBusy(true);
    try {
      const done = record
        ? { record, refused: await desk.book.change(record, change) }
        : await desk.book.add(ids.of(change), change);
      ids.done();
      const refused = done.refused[0];
      if (refused) desk.tell(refused, false);
      onDone(done.record);
    } catch (error) {
      setProblem(reasonOf(error));
    }
    setBusy(false);
  };
  return (
    <form
      className="prospect"
      onSubmit={(event) => void save(event)}
      onCompositionStart={composition.start}
      onCompositionEnd={composition.end}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter' && composition.owns(event.nativeEvent)) event.preventDefault();
      }}
    >
      <TextInput
        name="name"
        label={t('field_name')}
        defaultValue={name}
        required
        maxLength={200}
        data-autofocus
      />
      <TextInput name="kana" label={t('field_kana')} maxLength={200} />
      <TextInput
        name="phone"
        label={t('identity_phone')}
        defaultValue={phone && spoken(phone)}
        type="tel"
        maxLength={40}
      />
      <TextInput name="mail" label={t('identity_mail')} type="email" maxLength={250} />
      <Textarea name="note" label={t('field_note')} maxLength={1_000} autosize={false} />
      {problem !== '' && <p role="alert">{t('fieldRefused', { reason: reasonText(t, problem) })}</p>}
      <Button type="submit" loading={busy}>
        {t('prospectSave')}
      </Button>
    </form>
  );
}

function changeOf(form: FormData, known: string): Change {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const fields = Object.fromEntries(
    (['name', 'kana', 'note'] as const)
      .map((name) => [name, text(name)] as const)
      .filter(([, value]) => value !== ''),
  );
  const contacts = (['phone', 'mail'] as const).map((kind) => ({ kind, namespace: '', value: text(kind) }));
  // The number that the channel told of is an identity of the record already.
  const fresh = contacts.filter(({ value }) => value !== '' && value !== spoken(known));
  return { fields: { ...fields, stage: 'prospect' }, identities: fresh };
}
