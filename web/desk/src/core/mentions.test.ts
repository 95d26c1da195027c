import { expect, it } from 'vitest';
import { matching, mentioned, mentionQuery } from './mentions.ts';

const ALL = [
  { id: 'a1', name: '佐藤' },
  { id: 'a2', name: '佐藤 美咲' },
  { id: 'a3', name: 'Alex Smith' },
];

it('sees when somebody is being named', () => {
  expect(['@', '確認 @さと', '、＠佐', 'mail@x', '@a b', ''].map(mentionQuery)).toEqual([
    '',
    'さと',
    '佐',
    null,
    null,
    null,
  ]);
});

it('offers colleagues by name or id', () => {
  expect(matching(ALL, '佐藤美').map((c) => c.id)).toEqual(['a2']);
  expect(matching(ALL, 'ALEX').map((c) => c.id)).toEqual(['a3']);
  expect(matching(ALL, '')).toHaveLength(3);
});

it('knows who is meant, each once, the longer name first', () => {
  expect(mentioned('@佐藤美咲 と @alexsmith と @佐藤美咲', ALL)).toEqual(['a2', 'a3']);
  expect(mentioned('＠佐藤 お願いします', ALL)).toEqual(['a1']);
  expect(mentioned('mail to nobody', ALL)).toEqual([]);
});
