import { expect, it } from 'vitest';
import { type CompanyWords, calledIn, NO_WORDS } from './words.ts';

const WORDS: CompanyWords = {
  kinds: [{ word: 'seminar', name: { ja: 'セミナー', en: 'Seminar' }, stage: 'consider' }],
  departments: [{ word: 'seminar', name: { ja: '研修部', en: '' } }],
  routes: [{ route: '0120-1', name: { ja: '春のテレビ', en: 'TV in spring' } }],
  version: 3,
};

it('calls each sort of word by its own name, and what it does not know by none', () => {
  expect(calledIn(WORDS, 'kinds', 'seminar', 'en')).toBe('Seminar');
  expect(calledIn(WORDS, 'departments', 'seminar', 'en')).toBe('研修部');
  expect(calledIn(WORDS, 'routes', '0120-1', 'ja')).toBe('春のテレビ');
  expect(calledIn(WORDS, 'routes', 'seminar', 'ja')).toBe('');
  expect(calledIn(NO_WORDS, 'kinds', 'seminar', 'ja')).toBe('');
});
