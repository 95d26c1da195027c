import { describe, expect, it } from 'vitest';
import { placeholders } from '../text/i18n.ts';
import {
  checked,
  FORM_NAMES,
  FORMS,
  fieldsOf,
  formLine,
  parseForm,
  readable,
  summaryLines,
  tidied,
} from './forms.ts';
import { FORM_TEXTS, type FormText } from './texts.ts';

const RETURN = { order: 'A-8841', article: '白い鉢 M', quantity: '1', reason: 'damaged' };

describe('the catalogue', () => {
  it('has names that the center takes, and a label for each in both languages', () => {
    for (const form of FORM_NAMES)
      for (const field of fieldsOf(form)) {
        expect(field.name).toMatch(/^[a-z_]{1,32}$/);
        for (const one of [`${form}_${field.name}`, ...(field.choices ?? []).map((c) => `choice_${c}`)])
          expect(Object.keys(FORM_TEXTS.ja), one).toContain(one);
      }
    expect(FORM_NAMES.flatMap((form) => FORMS[form].length).every((n) => n <= 20)).toBe(true);
  });

  it('says everything in both languages, with the same values', () => {
    for (const key of Object.keys(FORM_TEXTS.ja) as FormText[]) {
      expect(FORM_TEXTS.en[key], key).not.toBe('');
      expect(placeholders(FORM_TEXTS.en[key]), key).toEqual(placeholders(FORM_TEXTS.ja[key]));
    }
  });
});

describe('what is filled in', () => {
  it('is refused by field', () => {
    expect(checked('return', {})).toEqual({
      order: 'missing',
      article: 'missing',
      quantity: 'missing',
      reason: 'missing',
    });
    for (const quantity of ['0', '-1', '1.5', '二つ', '1001', '01'])
      expect(checked('return', { ...RETURN, quantity })).toEqual({ quantity: 'not_number' });
    expect(checked('return', { ...RETURN, reason: 'bored' })).toEqual({ reason: 'not_choice' });
    expect(checked('return', { ...RETURN, words: 'あ'.repeat(1_001) })).toEqual({ words: 'too_long' });
    expect(checked('return', { ...RETURN, article: ' ' })).toEqual({ article: 'missing' });
  });

  it('is taken when it is right, also in full-width letters', () => {
    expect(checked('return', RETURN)).toEqual({});
    const wide = { ...RETURN, order: ' Ａ－８８４１', quantity: '２ ', extra: 'x', words: '' };
    expect(checked('return', wide)).toEqual({});
    expect(tidied('return', wide)).toEqual({ ...RETURN, quantity: '2' });
    expect(checked('return', { ...RETURN, quantity: '1000' })).toEqual({});
  });

  it('is something, even where nothing must be told', () => {
    expect(checked('contact', {})).toEqual({ name: 'nothing' });
    expect(checked('contact', { mail: 'yui@example.jp' })).toEqual({});
  });
});

describe('a form’s text', () => {
  it('is read with tolerance', () => {
    expect(parseForm(JSON.stringify(RETURN))).toEqual(RETURN);
    for (const bad of [undefined, '', '{', 'null', '[]', '"x"', '7']) expect(parseForm(bad)).toEqual({});
    expect(parseForm('{"a":"x","b":1,"c":null}')).toEqual({ a: 'x' });
  });

  it('is summed up in the form’s order, choices by their words', () => {
    const { order, ...rest } = RETURN;
    const lines = summaryLines('return', { ...rest, zz: '?', order, words: '' }, 'ja');
    expect(lines.map(({ label, value }) => `${label} ${value}`)).toEqual([
      'ご注文番号 A-8841',
      '商品名 白い鉢 M',
      '数量 1',
      '返品の理由 破損していた',
      'zz ?',
    ]);
    expect(summaryLines('toString', { a: 'damaged' }, 'en')).toEqual([
      { name: 'a', label: 'a', value: 'damaged' },
    ]);
    expect(formLine({ form: 'return', filled: false, offer: 0 }, 'ja')).toBe('フォーム: 返品');
    expect(formLine({ form: 'newer', filled: false, offer: 0 }, 'en')).toBe('Form: newer');
  });

  it('is readable in lists, wherever it was cut', () => {
    const text = JSON.stringify({ ...RETURN, words: '割れて\n「"」' });
    expect(readable(text, 'ja')).toBe('フォーム: A-8841、白い鉢 M、1、破損していた、割れて 「"」');
    expect(readable(text.slice(0, 32), 'ja')).toBe('フォーム: A-8841、白い鉢');
    const short = JSON.stringify(RETURN);
    for (let end = 14; end <= short.length; end += 1)
      expect(readable(short.slice(0, end), 'en')).toMatch(/^Form: [^"{}:]*$/);
    expect(readable('…鉢 M","quantity":"1","reason":"dam…', 'en')).toBe('Form: …鉢 M, 1, dam…');
    expect(readable('{}', 'ja')).toBe('フォーム');
    for (const plain of ['こんにちは', 'a {b}', 'He said "no": ok', ''])
      expect(readable(plain, 'ja')).toBe(plain);
  });
});
