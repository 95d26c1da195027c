import { expect, it } from 'vitest';
import { linked } from './links.ts';

const hrefs = (text: string) => linked(text).flatMap((piece) => (piece.href ? [piece.href] : []));

it('finds addresses and leaves the sentence around them', () => {
  expect(linked('詳しくは https://shop.example/返品?a=1。どうぞ')).toEqual([
    { text: '詳しくは ' },
    { text: 'https://shop.example/返品?a=1', href: 'https://shop.example/返品?a=1' },
    { text: '。どうぞ' },
  ]);
  expect(hrefs('（https://a.example/x）と http://b.example.')).toEqual([
    'https://a.example/x',
    'http://b.example',
  ]);
  expect(linked('なし')).toEqual([{ text: 'なし' }]);
  expect(linked('')).toEqual([]);
});

it('makes no link of anything else', () => {
  expect(hrefs('javascript:alert(1) data:text/html,x ftp://x //x https:// mailto:a@b')).toEqual([]);
});

it('loses no letter', () => {
  for (const text of [
    'a https://x.example, b',
    'https://x.example',
    'x https:// y',
    '「https://x.example/y」です',
  ])
    expect(
      linked(text)
        .map((piece) => piece.text)
        .join(''),
    ).toBe(text);
});
