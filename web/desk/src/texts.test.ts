import { placeholders } from '@madoguchi/shared';
import { expect, it } from 'vitest';
import { TEXTS, type Text } from './texts.ts';

it('says everything in both languages, with the same values', () => {
  const keys = Object.keys(TEXTS.ja) as Text[];
  expect(Object.keys(TEXTS.en).sort()).toEqual([...keys].sort());
  for (const key of keys) {
    expect(TEXTS.en[key].trim(), key).not.toBe('');
    expect(TEXTS.ja[key].trim(), key).not.toBe('');
    expect(placeholders(TEXTS.en[key]), key).toEqual(placeholders(TEXTS.ja[key]));
  }
});
