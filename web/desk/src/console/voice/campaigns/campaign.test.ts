import { describe, expect, it } from 'vitest';
import { cellsOf, faultOf, formOf, freshPlan, inParts, peopleOf, planOf, shareText } from './campaign.ts';

const form = () => ({ ...freshPlan('sales'), name: '春', caller_id: '03-1234-5678' });

describe('a plan', () => {
  it('is the same after the form', () => {
    const plan = planOf({ ...form(), mode: 'progressive', closed: [{ date: '2026-12-31' }, { date: '' }] });
    expect(plan.caller_id).toBe('+81312345678');
    expect(plan.windows).toContainEqual({ weekday: 5, from: 540, to: 1_080 });
    expect(plan.closed).toEqual([20_818]);
    expect(plan.nobody?.within_ms).toBe(5_000);
    expect(planOf(formOf(plan))).toEqual(plan);
  });

  it('keeps recorded announcements, and ends a day at midnight', () => {
    const base = planOf({ ...form(), hours: [{ days: ['7'], from: '22:00', to: '00:00' }] });
    expect(base.windows).toEqual([{ weekday: 7, from: 1_320, to: 1_440 }]);
    const sorry = { file: 'sorry' };
    const recorded = { ...base, nobody: { within_ms: 2_000, announcement: { ja: sorry } } };
    expect(planOf(formOf(recorded))).toEqual(recorded);
  });

  it('that cannot be is told', () => {
    expect(faultOf(form())).toBeNull();
    expect(faultOf({ ...form(), caller_id: '110' })).toBe('planBadCaller');
    expect(faultOf({ ...form(), hours: [] })).toBe('planNoHours');
    expect(faultOf({ ...form(), hours: [{ days: ['1'], from: '18:00', to: '09:00' }] })).toBe('planNoHours');
    expect(faultOf({ ...form(), mode: 'progressive', ja: ' ' })).toBe('planNoAnnouncement');
    expect(faultOf({ ...form(), ja: ' ' })).toBeNull();
  });
});

describe('people', () => {
  it('are read from what spreadsheets copy', () => {
    const { people, bad } = peopleOf(
      '\uFEFF電話番号,氏名\r\n090-1234-5678,"山田, 花子"\r\n\r\n０３ー１２３４ー５６７８\t鈴木\n110,警察\nabc,x',
    );
    expect(people).toEqual([
      { line: 2, number: '+819012345678', name: '山田, 花子' },
      { line: 4, number: '+81312345678', name: '鈴木' },
    ]);
    expect(bad).toEqual([5, 6]);
    expect(peopleOf('12,田中').bad).toEqual([1]);
    expect(cellsOf('"a""b",c')).toEqual(['a"b', 'c']);
  });

  it('go in parts that the center takes', () => {
    expect(inParts([1, 2, 3], 2)).toEqual([[1, 2], [3]]);
    expect(inParts([], 2)).toEqual([]);
  });
});

it('says a share, or nothing of nothing', () => {
  expect([shareText(1, 34), shareText(0, 0)]).toEqual(['2.9%', '']);
});
