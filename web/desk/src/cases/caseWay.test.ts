import { expect, it } from 'vitest';
import type { Entry } from '../customer/types.ts';
import { beforeOf } from './caseWay.ts';

const entry = (id: string, at: number, kind = 'call') => ({ id, at, kind }) as Entry;

it('has what was before the case, up to its opening, and not the case itself', () => {
  const all = [entry('later', 30), entry('case', 20, 'case'), entry('talk', 20), entry('order', 10, 'order')];
  expect(beforeOf(all, 20).map((one) => one.id)).toEqual(['talk', 'order']);
});
