import {
  Button,
  Checkbox,
  NativeSelect,
  NumberInput,
  PasswordInput,
  Textarea,
  TextInput,
} from '@mantine/core';
import { getAt, setAt } from '../core/paths.ts';
import type { Text } from '../texts.ts';
import { useTexts } from '../view/use.ts';

/** One thing of a record that a form changes. Times are shown in seconds and kept in ms. */
export interface Field {
  path: string;
  label: Text;
  kind:
    | 'text'
    | 'area'
    | 'number'
    | 'seconds'
    | 'check'
    | 'select'
    | 'words'
    | 'several'
    | 'time'
    | 'date'
    | 'color'
    | 'password'
    | 'rows';
  required?: boolean;
  /** Only while the record is new. */
  fixed?: boolean;
  min?: number;
  max?: number;
  /** Of `select` and `several`: value and name. */
  options?: readonly { value: string; label: string }[];
  /** Of `rows`: what each row has, and a fresh row. */
  columns?: readonly Field[];
  fresh?: object;
}

interface FieldsProps<T extends object> {
  fields: readonly Field[];
  value: T;
  onChange: (value: T) => void;
  /** The record exists: `fixed` fields stay as they are. */
  exists?: boolean;
  /** What is wrong with the `fixed` field, when something is. */
  fixedError?: string | undefined;
}

export function Fields<T extends object>({ fields, value, onChange, exists, fixedError }: FieldsProps<T>) {
  return (
    <>
      {fields.map((field) => (
        <One
          key={field.path}
          field={field}
          value={getAt(value, field.path)}
          disabled={exists === true && field.fixed === true}
          error={field.fixed ? fixedError : undefined}
          onChange={(to) => onChange(setAt(value, field.path, to))}
        />
      ))}
    </>
  );
}

interface OneProps {
  field: Field;
  value: unknown;
  disabled: boolean;
  error: string | undefined;
  onChange: (value: unknown) => void;
}

function One({ field, value, disabled, error, onChange }: OneProps) {
  const t = useTexts();
  const { kind, required = false } = field;
  const common = { label: t(field.label), required, withAsterisk: required, disabled, error };
  const text = typeof value === 'string' ? value : '';
  switch (kind) {
    case 'area':
      return (
        <Textarea
          {...common}
          autosize
          minRows={3}
          maxRows={12}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'check':
      return (
        <Checkbox
          label={common.label}
          disabled={disabled}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'select':
      return (
        <NativeSelect
          {...common}
          value={text}
          data={field.options ? [...field.options] : []}
          onChange={(event) => onChange(event.currentTarget.value || undefined)}
        />
      );
    case 'password':
      return <PasswordField {...common} value={text} onChange={onChange} />;
    case 'number':
    case 'seconds':
      return <NumberField {...common} field={field} value={value} onChange={onChange} />;
    case 'several':
      return (
        <Several field={field} value={Array.isArray(value) ? value.map(String) : []} onChange={onChange} />
      );
    case 'words':
      return <WordsField {...common} value={value} onChange={onChange} />;
    case 'rows':
      return <Rows field={field} value={Array.isArray(value) ? value : []} onChange={onChange} />;
    case 'text':
    case 'time':
    case 'date':
    case 'color':
      return (
        <TextInput
          {...common}
          type={kind}
          value={text}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}

function PasswordField({ value, onChange, ...common }: InputProps) {
  return (
    <PasswordInput
      {...common}
      autoComplete="new-password"
      value={value as string}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
    />
  );
}

/** Any of a few. */
function Several({
  field,
  value,
  onChange,
}: {
  field: Field;
  value: string[];
  onChange: (to: unknown) => void;
}) {
  const t = useTexts();
  const options = field.options ?? [];
  return (
    <fieldset className="several">
      <legend>{t(field.label)}</legend>
      {options.map((option) => (
        <Checkbox
          key={option.value}
          label={option.label}
          checked={value.includes(option.value)}
          onChange={(event) => {
            const rest = value.filter((one) => one !== option.value);
            onChange(event.currentTarget.checked ? [...rest, option.value] : rest);
          }}
        />
      ))}
    </fieldset>
  );
}

interface InputProps {
  label: string;
  required: boolean;
  withAsterisk: boolean;
  disabled: boolean;
  value: unknown;
  onChange: (value: unknown) => void;
}

function NumberField({ field, value, onChange, ...common }: InputProps & { field: Field }) {
  const unit = field.kind === 'seconds' ? 1_000 : 1;
  return (
    <NumberInput
      {...common}
      hideControls
      {...(field.min === undefined ? { min: 0 } : { min: field.min })}
      {...(field.max === undefined ? {} : { max: field.max })}
      value={typeof value === 'number' ? value / unit : ''}
      onChange={(to) => onChange(to === '' ? undefined : Math.round(Number(to) * unit))}
    />
  );
}

/** Words with spaces between. What is typed stays as typed until the focus goes on. */
function WordsField({ value, onChange, ...common }: InputProps) {
  const list = Array.isArray(value) ? value.map(String) : [];
  return (
    <TextInput
      {...common}
      key={list.join(' ')}
      defaultValue={list.join(' ')}
      onBlur={(event) => onChange(event.currentTarget.value.split(/[\s、,]+/).filter((word) => word !== ''))}
    />
  );
}

interface RowsProps {
  field: Field;
  value: unknown[];
  onChange: (value: unknown) => void;
}

function Rows({ field, value, onChange }: RowsProps) {
  const t = useTexts();
  const rows = value as object[];
  return (
    <fieldset className="rows">
      <legend>{t(field.label)}</legend>
      {rows.map((row, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other name and keep their places.
        <div className="row fields" key={i}>
          <Fields
            fields={field.columns ?? []}
            value={row}
            onChange={(changed) => onChange(rows.map((one, at) => (at === i ? changed : one)))}
          />
          <Button
            variant="subtle"
            color="gray"
            size="compact-md"
            aria-label={t('removeRow', { n: i + 1, what: t(field.label) })}
            onClick={() => onChange(rows.filter((_, at) => at !== i))}
          >
            ✕
          </Button>
        </div>
      ))}
      <Button variant="default" size="compact-sm" onClick={() => onChange([...rows, { ...field.fresh }])}>
        ＋ {t('addRow')}
      </Button>
    </fieldset>
  );
}
