import { expect, it } from 'vitest';
import { asksForCanned, type Canned, fill, openVariables, parts, rank } from './canned.ts';

const make = (id: string, shortcut: string, ja: string, text: string, tags: string[] = []): Canned => ({
  id,
  shortcut,
  title: { ja, en: `${shortcut} title` },
  text,
  tags,
  language: '',
});
const LIST = [
  make('1', 'thanks', 'お礼', 'お問い合わせありがとうございます。'),
  make('2', 'return', '返品のご案内', 'タグを付けたまま、箱に入れてください。', ['返却']),
  make('3', 'box', '梱包', 'return の箱について'),
  make('4', 'ret', 'ヘンピン', 'x'),
];
const ids = (query: string) => rank(LIST, query, 'ja').map((c) => c.id);

it('ranks the exact shortcut first, then its beginning, then the text', () => {
  expect(ids('ret')).toEqual(['4', '2', '3']);
  expect(ids('return')).toEqual(['2', '3']);
});

it('finds by title, tag and text, whatever the width or kana', () => {
  expect(ids('へんぴん')).toEqual(['4']);
  expect(ids('返却')).toEqual(['2']);
  expect(ids('ＢＯＸ')).toEqual(['3']);
  expect(ids('タグ 箱')).toEqual(['2']);
  expect(ids('タグ ありがとう')).toEqual([]);
});

it('gives all in their order without a query', () => {
  expect(ids(' ')).toEqual(['1', '2', '3', '4']);
});

it('puts the own language first', () => {
  const english = { ...make('e', 'hello', '', 'Hello'), language: 'en' };
  const japanese = { ...make('j', 'hello', 'こんにちは', 'こんにちは'), language: 'ja' };
  expect(rank([english, japanese], 'hello', 'ja').map((c) => c.id)).toEqual(['j', 'e']);
  expect(rank([japanese, english], 'hello', 'en').map((c) => c.id)).toEqual(['e', 'j']);
});

it('fills what is known and names what is not', () => {
  const text = '{{customer.name}} 様、担当の {{ agent.name }} です。注文 {{order}}、{{order}}';
  const filled = fill(text, { 'customer.name': '佐藤', 'agent.name': '田中', order: '' });
  expect(filled).toBe('佐藤 様、担当の 田中 です。注文 {{order}}、{{order}}');
  expect(openVariables(filled)).toEqual(['{{order}}']);
  expect(parts('a{{b}}c')).toEqual([
    { text: 'a', variable: false },
    { text: '{{b}}', variable: true },
    { text: 'c', variable: false },
  ]);
});

it('is asked for by a slash at a line’s start and by two colons', () => {
  expect(['/', 'はい\n／', 'a/', 'x::', 'km/', ':'].map(asksForCanned)).toEqual([1, 1, 0, 2, 0, 0]);
});
