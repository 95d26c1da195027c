import { placeholders } from '@madoguchi/shared';
import { expect, it } from 'vitest';
import { ADMIN } from './texts/admin.ts';
import { CALLS } from './texts/calls.ts';
import { CAMPAIGNS } from './texts/campaigns.ts';
import { CASES } from './texts/cases.ts';
import { CUSTOMER } from './texts/customer.ts';
import { FLOOR } from './texts/floor.ts';
import { FORMS } from './texts/forms.ts';
import { INSIGHT } from './texts/insight.ts';
import { OUTWARD } from './texts/outward.ts';
import { SEGMENTS } from './texts/segments.ts';
import { SHOP } from './texts/shop.ts';
import { VOICE } from './texts/voice.ts';
import { WORDS } from './texts/words.ts';
import { WORK } from './texts/work.ts';
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

it('says each thing in one table: a later one would silently win', () => {
  const keys = [
    ADMIN,
    CALLS,
    CAMPAIGNS,
    CASES,
    CUSTOMER,
    FLOOR,
    FORMS,
    INSIGHT,
    OUTWARD,
    SEGMENTS,
    SHOP,
    VOICE,
    WORDS,
    WORK,
  ].flatMap((table) => Object.keys(table));
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
});
