import type { Request } from '@madoguchi/shared';
import { expect, it } from 'vitest';
import type { Call } from './resources.ts';
import { conditionsOf, OFFERS, type Rule, SEGMENT_RULES, type SegmentSettings, written } from './segments.ts';

const SETTINGS: SegmentSettings = {
  segments: [
    {
      segment: 'vip',
      name: { ja: 'VIP', en: 'VIP' },
      rule: { all: [{ figure: 'spent365', at_least: 200000 }] },
    },
    {
      segment: 'either',
      name: { ja: 'どちらか', en: 'Either' },
      rule: {
        any: [
          { figure: 'orders', at_least: 3 },
          { word: 'tier', is: 'gold' },
        ],
      },
    },
  ],
  offers: [
    { offer: 'care', title: { ja: '延長保証', en: 'Warranty' }, segment: 'vip', rest_days: 30, until: 0 },
  ],
  version: 7,
};

let put: Request[] = [];
const center: Call = async <T>(request: Request) => {
  if (request.method === 'PUT') put.push(request);
  return SETTINGS as T;
};

it('shows a rule of plain conditions in rows and gives it back the same', () => {
  const rule: Rule = {
    all: [
      { figure: 'orders', at_least: 2 },
      { figure: 'days_since_order', below: 90 },
      { word: 'tier', is: 'gold' },
      { not: { consent: 'marketing/mail' } },
    ],
  };
  const conditions = conditionsOf(rule) ?? expect.fail();
  expect(conditions.map(({ holds }) => holds)).toEqual(['yes', 'no', 'yes', 'no']);
  const form = { ...SEGMENT_RULES.fresh(''), conditions };
  expect(written(form)).toEqual(rule);
  expect(() => written({ ...form, rule: '{' })).toThrow('no JSON');
  expect(conditionsOf({ any: [] })).toBeNull();
  expect(conditionsOf({ all: [{ not: { figure: 'orders', at_least: 1 } }] })).toBeNull();
});

it('keeps what rows cannot show as JSON, and the order of the others', async () => {
  put = [];
  const [vip, either] = await SEGMENT_RULES.load(center);
  expect(either?.rule).toContain('"any"');
  await SEGMENT_RULES.save(center, { ...(either ?? expect.fail()), place: 1 }, either ?? null);
  await SEGMENT_RULES.remove?.(center, vip ?? expect.fail());
  const [moved, removed] = put.map((request) => request.body as SegmentSettings);
  expect(moved?.segments.map((one) => one.segment)).toEqual(['either', 'vip']);
  expect(moved?.segments[0]?.rule).toEqual(SETTINGS.segments[1]?.rule);
  expect(moved?.version).toBe(7);
  expect(removed?.segments.map((one) => one.segment)).toEqual(['either']);
});

it('ends an offer with its last day', async () => {
  put = [];
  await OFFERS.save(center, { ...OFFERS.fresh(''), offer: 'sale', until: '2026-12-31' }, null);
  const { offers } = (put[0] ?? expect.fail()).body as SegmentSettings;
  expect(offers.map((one) => one.offer)).toEqual(['care', 'sale']);
  expect(offers[1]?.until).toBe(new Date(2027, 0, 1).getTime());
  const call: Call = async <T>() => ({ ...SETTINGS, offers }) as T;
  expect((await OFFERS.load(call))[1]?.until).toBe('2026-12-31');
});

it('writes over nothing that its form never saw', async () => {
  put = [];
  const [vip, either] = await SEGMENT_RULES.load(center);
  const [care] = await OFFERS.load(center);
  if (!vip || !either || !care) return expect.fail();
  const renamed = { ...vip, name: { ja: '上客', en: 'Best' } };
  const conflict = { reason: 'conflict' };
  await expect(SEGMENT_RULES.save(center, vip, renamed)).rejects.toMatchObject(conflict);
  await expect(SEGMENT_RULES.remove?.(center, renamed)).rejects.toMatchObject(conflict);
  await expect(SEGMENT_RULES.save(center, vip, null)).rejects.toMatchObject({ reason: 'id_taken' });
  await expect(OFFERS.save(center, care, { ...care, rest_days: 1 })).rejects.toMatchObject(conflict);
  await expect(OFFERS.remove?.(center, { ...care, rest_days: 1 })).rejects.toMatchObject(conflict);
  await expect(OFFERS.save(center, care, null)).rejects.toMatchObject({ reason: 'id_taken' });
  expect(put).toEqual([]);
  // Another came in before it: it stays where it is now.
  await SEGMENT_RULES.save(center, { ...either, place: 1 }, { ...either, place: 1 });
  const [kept] = put.map((request) => request.body as SegmentSettings);
  expect(kept?.segments.map((one) => one.segment)).toEqual(['vip', 'either']);
});
