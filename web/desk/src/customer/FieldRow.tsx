import { ApiError, Composition } from '@madoguchi/shared';
import { ActionIcon, Button } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { PenIcon } from '../view/icons.tsx';
import { reasonText, useDesk, useTexts } from '../view/use.ts';
import { CompanyLink } from './Contacts.tsx';
import { useCalled } from './called.ts';
import type { Field } from './types.ts';
import { reasonOf, wordText } from './use.ts';

/** Longest value, as the center takes it. */
const LONGEST = 1_000;

interface Props {
  id: string;
  field: Field;
  value: string;
  /** It has a value that is not shown. */
  masked: boolean;
}

/** A field of the profile, changed where it stands. Somebody else's change is never overwritten unseen. */
export function FieldRow({ id, field, value, masked }: Props) {
  const t = useTexts();
  const [shown, setShown] = useState<string | null>(null);
  const [editing, setEditing] = useState(false);
  const name = t(`field_${field}`);
  const hidden = masked && shown === null;
  const seen = masked ? (shown ?? '') : value;
  return (
    <>
      <dt>{name}</dt>
      <dd className="field">
        {editing ? (
          <Edit
            id={id}
            field={field}
            value={seen}
            onDone={(now) => {
              if (masked && now !== null) setShown(now);
              setEditing(false);
            }}
          />
        ) : hidden ? (
          <Hidden id={id} field={field} onShown={setShown} />
        ) : (
          <>
            <span className="field-value">
              <Value field={field} value={seen} />
            </span>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t('fieldEdit', { field: name })}
              onClick={() => setEditing(true)}
            >
              <PenIcon />
            </ActionIcon>
          </>
        )}
      </dd>
    </>
  );
}

/** A value as people read it. */
function Value({ field, value }: { field: Field; value: string }) {
  const t = useTexts();
  const called = useCalled();
  if (value === '') return '—';
  if (field === 'stage') return wordText(t, 'stage', value);
  if (field === 'department') return called.department(value);
  return field === 'company_id' ? <CompanyLink id={value} /> : value;
}

function Hidden({ id, field, onShown }: { id: string; field: Field; onShown: (value: string) => void }) {
  const desk = useDesk();
  const t = useTexts();
  const show = async () => {
    try {
      onShown(await desk.book.show(id, field));
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
  };
  return (
    <>
      <span className="hint">{t('fieldMasked')}</span>
      <button type="button" className="link" title={t('fieldShowHint')} onClick={() => void show()}>
        {t('fieldShow', { field: t(`field_${field}`) })}
      </button>
    </>
  );
}

interface EditProps {
  id: string;
  field: Field;
  /** What the agent sees as they begin. */
  value: string;
  /** The value that holds now; `null`: as before. */
  onDone: (now: string | null) => void;
}

function Edit({ id, field, value, onDone }: EditProps) {
  const desk = useDesk();
  const t = useTexts();
  const [was, setWas] = useState(value);
  const [problem, setProblem] = useState('');
  const [theirs, setTheirs] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const save = async (before: string) => {
    const now = input.current?.value.trim() ?? '';
    if (now === before) return onDone(null);
    try {
      await desk.book.change(id, { fields: { [field]: now }, was: { [field]: before } });
      onDone(now);
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'changed_meanwhile')
        return setProblem(reasonOf(error));
      // Theirs is shown beside what was typed; the agent says which one holds.
      const other = await desk.book.show(id, field).catch(() => null);
      if (other === null) return setProblem('changed_meanwhile');
      setTheirs(other);
      setWas(other);
    }
  };
  return (
    <form
      className="field-form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void save(was);
      }}
    >
      <Input field={field} value={value} box={input} onCancel={() => onDone(null)} />
      {theirs === null ? (
        <span className="row">
          <Button size="compact-xs" type="submit">
            {t('saveRecord')}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => onDone(null)}>
            {t('cancel')}
          </Button>
        </span>
      ) : (
        <span role="alert" className="field-conflict">
          {t('fieldChanged', { value: theirs || '—' })}
          <Button size="compact-xs" type="submit">
            {t('fieldOverwrite')}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              void desk.book.again(id);
              onDone(theirs);
            }}
          >
            {t('fieldKeep')}
          </Button>
        </span>
      )}
      {problem !== '' && <span role="alert">{t('fieldRefused', { reason: reasonText(t, problem) })}</span>}
    </form>
  );
}

interface InputProps {
  field: Field;
  value: string;
  box: React.RefObject<HTMLInputElement | null>;
  onCancel: () => void;
}

function Input({ field, value, box, onCancel }: InputProps) {
  const t = useTexts();
  const composition = useRef(new Composition()).current;
  const label = t(`field_${field}`);
  if (field === 'stage')
    return (
      <select
        className="grow"
        aria-label={label}
        defaultValue={value}
        // biome-ignore lint/a11y/noAutofocus: the agent pressed "change" here.
        autoFocus
        ref={box as unknown as React.RefObject<HTMLSelectElement>}
      >
        <option value="">{t('stageUnset')}</option>
        <option value="prospect">{t('stage_prospect')}</option>
        <option value="customer">{t('stage_customer')}</option>
      </select>
    );
  return (
    <input
      className="grow"
      aria-label={label}
      type={field === 'birthday' ? 'date' : 'text'}
      defaultValue={value}
      maxLength={LONGEST}
      ref={box}
      // biome-ignore lint/a11y/noAutofocus: the agent pressed "change" here.
      autoFocus
      onCompositionStart={composition.start}
      onCompositionEnd={composition.end}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && composition.owns(event.nativeEvent)) event.preventDefault();
        if (event.key === 'Escape' && !composition.owns(event.nativeEvent)) {
          event.stopPropagation();
          onCancel();
        }
      }}
    />
  );
}
