import { expect, it } from 'vitest';
import { dialable, spoken } from './phone.ts';

it('reads numbers as people write them', () => {
  const cases: [string, string | null][] = [
    ['03-1234-5678', '+81312345678'],
    ['０９０－１２３４－５６７８', '+819012345678'],
    ['(06) 6123 4567', '+81661234567'],
    ['0120-444-555', '+81120444555'],
    ['+81 3 1234 5678', '+81312345678'],
    ['010-44-20-7946-0958', '+442079460958'],
    ['0044 20 7946 0958', '+442079460958'],
    ['110', '110'],
    ['119', '119'],
    ['0312345', null],
    ['12', null],
    ['8841', null],
    ['返品', null],
    ['', null],
    ['+1234', null],
    ['03-1234-5678-9999-9999', null],
  ];
  for (const [written, number] of cases) expect(dialable(written), written).toBe(number);
});

it('shows numbers as people read them', () => {
  const cases: [string, string][] = [
    ['+81312345678', '03-1234-5678'],
    ['+819012345678', '090-1234-5678'],
    ['+815012345678', '050-1234-5678'],
    ['+81120444555', '0120-444-555'],
    ['+81570012345', '0570-012-345'],
    ['+81451234567', '045-123-4567'],
    ['+442079460958', '+442079460958'],
    ['110', '110'],
    ['', ''],
  ];
  for (const [number, shown] of cases) expect(spoken(number), number).toBe(shown);
});
