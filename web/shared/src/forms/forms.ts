import type { FormPart } from '../frames.ts';
import type { Language } from '../text/i18n.ts';
import { type FormText, formText } from './texts.ts';

/** Why goods come back, as shops know it. */
export const RETURN_REASONS = ['damaged', 'wrong_item', 'not_as_described', 'changed_mind'] as const;

export type FieldKind = 'text' | 'number' | 'choice' | 'long';

export interface Field {
  /** `[a-z_]{1,32}` */
  name: string;
  kind: FieldKind;
  required?: boolean;
  choices?: readonly string[];
  /** Numbers, addresses of mail and the like: full-width letters mean their plain ones. */
  plain?: boolean;
  /** What browsers may fill in. */
  autocomplete?: string;
}

/** The forms that agents can offer. */
export const FORMS = {
  return: [
    { name: 'order', kind: 'text', required: true, plain: true },
    { name: 'article', kind: 'text', required: true },
    { name: 'quantity', kind: 'number', required: true, plain: true },
    { name: 'reason', kind: 'choice', required: true, choices: RETURN_REASONS },
    { name: 'words', kind: 'long' },
  ],
  documents: [
    { name: 'what', kind: 'text', required: true },
    { name: 'name', kind: 'text', required: true, autocomplete: 'name' },
    { name: 'postcode', kind: 'text', plain: true, autocomplete: 'postal-code' },
    { name: 'address', kind: 'text', autocomplete: 'street-address' },
  ],
  contact: [
    { name: 'name', kind: 'text', autocomplete: 'name' },
    { name: 'kana', kind: 'text' },
    { name: 'phone', kind: 'text', plain: true, autocomplete: 'tel' },
    { name: 'mail', kind: 'text', plain: true, autocomplete: 'email' },
  ],
} as const satisfies Record<string, readonly Field[]>;

export type FormName = keyof typeof FORMS;
export const FORM_NAMES = Object.keys(FORMS) as FormName[];
export type FormValues = Readonly<Record<string, string>>;
export type Fault = 'missing' | 'nothing' | 'not_number' | 'not_choice' | 'too_long';

/** Longest values; the center takes 1,000 characters. */
const MOST: Record<FieldKind, number> = { text: 200, number: 4, choice: 32, long: 1_000 };
const MOST_PIECES = 1_000;

export const mostOf = ({ kind }: Field): number => MOST[kind];

/** Fields of a form; none for one that this page does not know. */
export const fieldsOf = (form: string): readonly Field[] =>
  Object.hasOwn(FORMS, form) ? FORMS[form as FormName] : [];

/** Answers as they are sent: known fields alone, without spaces around them and without empty ones. */
export function tidied(form: FormName, values: FormValues): FormValues {
  const entries = fieldsOf(form).flatMap(({ name, plain }): [string, string][] => {
    const raw = values[name] ?? '';
    const value = (plain ? raw.normalize('NFKC') : raw).trim();
    return value === '' ? [] : [[name, value]];
  });
  return Object.fromEntries(entries);
}

/** What is wrong with answers, by field; nothing when they can be sent. */
export function checked(form: FormName, values: FormValues): Record<string, Fault> {
  const fields = fieldsOf(form);
  const told = tidied(form, values);
  const faults: Record<string, Fault> = {};
  for (const field of fields) {
    const fault = faultOf(field, told[field.name] ?? '');
    if (fault !== null) faults[field.name] = fault;
  }
  const first = fields[0];
  if (first && Object.keys(told).length === 0 && Object.keys(faults).length === 0)
    faults[first.name] = 'nothing';
  return faults;
}

function faultOf(field: Field, value: string): Fault | null {
  if (value === '') return field.required ? 'missing' : null;
  if (field.kind === 'number' && !/^([1-9]\d{0,2}|1000)$/.test(value)) return 'not_number';
  if (field.kind === 'choice' && !field.choices?.includes(value)) return 'not_choice';
  return value.length > mostOf(field) ? 'too_long' : null;
}

/** The values in a form's text; what is not an object of strings says nothing. */
export function parseForm(text: string | undefined): FormValues {
  try {
    const read: unknown = JSON.parse(text ?? '');
    if (typeof read !== 'object' || read === null || Array.isArray(read)) return {};
    const strings = Object.entries(read).filter((one): one is [string, string] => typeof one[1] === 'string');
    return Object.fromEntries(strings);
  } catch {
    return {};
  }
}

export const formTitle = (form: string, language: Language): string =>
  Object.hasOwn(FORMS, form) ? formText(language, form, form) : form;

export const fieldLabel = (form: string, name: string, language: Language): string =>
  formText(language, `${form}_${name}`, name);

export const choiceLabel = (choice: string, language: Language): string =>
  formText(language, `choice_${choice}`, choice);

export const faultText = (fault: Fault, language: Language): string =>
  formText(language, `fault_${fault}` satisfies FormText, fault);

export interface SummaryLine {
  name: string;
  label: string;
  value: string;
}

/** A form's values with their labels, in the form's order; fields that this page does not know come last. */
export function summaryLines(form: string, values: FormValues, language: Language): SummaryLine[] {
  const fields = fieldsOf(form);
  const known: string[] = fields.map(({ name }) => name);
  const unknown = Object.keys(values).filter((name) => !known.includes(name));
  const isChoice = (name: string) => fields.some((field) => field.name === name && field.kind === 'choice');
  return [...known, ...unknown].flatMap((name) => {
    const value = values[name] ?? '';
    if (value === '') return [];
    const shown = isChoice(name) ? choiceLabel(value, language) : value;
    return [{ name, label: fieldLabel(form, name, language), value: shown }];
  });
}

/** A form in one line. */
export function formLine(part: FormPart, language: Language): string {
  return formText(language, 'formOf', part.form, { what: formTitle(part.form, language) });
}

/** Where a value begins in the text of a form, and what may stand behind the last one, cut anywhere. */
const KEY = /(?:^|[{,])\s*"[a-z_]{1,32}"\s*:\s*"/;
const END = /"\s*(\}|,\s*("[a-z_]{0,32}("\s*(:\s*"?)?)?)?)?\s*$/;

/**
 * A preview or an excerpt as people read it. Lists are told a text without its form and cut anywhere, so the text itself
 * must say that it is one.
 */
export function readable(text: string, language: Language): string {
  if (text.trim() === '{}') return formText(language, 'form', text);
  if (!KEY.test(text)) return text;
  const pieces = text
    .replace(END, '')
    .split(/"?\s*[{,]?\s*"[a-z_]{1,32}"\s*:\s*"/, MOST_PIECES)
    .map(spokenOf)
    .filter((piece) => piece !== '')
    .map((piece) => choiceLabel(piece, language));
  const what = pieces.join(formText(language, 'comma', ', '));
  return what === '' ? formText(language, 'form', text) : formText(language, 'formOf', what, { what });
}

const spokenOf = (piece: string): string =>
  piece
    .replace(/\\[nrt]/g, ' ')
    .replace(/\\(["\\/])/g, '$1')
    .trim();
