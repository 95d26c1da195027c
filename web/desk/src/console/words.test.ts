import type { Request } from '@madoguchi/shared';
import { expect, it } from 'vitest';
import type { CompanyWords } from '../store/words.ts';
import type { Call } from './resources.ts';
import { DEPARTMENT_WORDS, KIND_WORDS, ROUTE_WORDS } from './words.ts';

const name = { ja: '名前', en: 'Name' };
const WORDS: CompanyWords = {
  kinds: [{ word: 'seminar', name, stage: 'consider' }],
  departments: [{ word: 'sales', name }],
  routes: [{ route: '0120-1', name }],
  version: 7,
};

/** A center that remembers what was put. */
function center(): { call: Call; put: CompanyWords[] } {
  const put: CompanyWords[] = [];
  const call = async (request: Request) => {
    if (request.method === 'PUT') put.push(request.body as CompanyWords);
    return structuredClone(WORDS);
  };
  return { call: call as Call, put };
}

it('changes one list of the document and sends the others as they were read', async () => {
  const { call, put } = center();
  await KIND_WORDS.save(call, { word: 'fair', name, stage: '' }, null);
  const [seminar] = WORDS.kinds;
  await KIND_WORDS.save(call, { word: 'seminar', name, stage: 'know' }, seminar ?? null);
  await DEPARTMENT_WORDS.remove?.(call, { word: 'sales', name });
  await ROUTE_WORDS.save(
    call,
    { route: '0120-1', name: { ja: '春のテレビ', en: 'TV' } },
    WORDS.routes[0] ?? null,
  );
  await expect(KIND_WORDS.save(call, { word: 'seminar', name, stage: 'know' }, null)).rejects.toMatchObject({
    reason: 'id_taken',
  });
  expect(put[0]).toEqual({ ...WORDS, kinds: [...WORDS.kinds, { word: 'fair', name, stage: '' }] });
  expect(put[1]).toEqual({ ...WORDS, kinds: [{ word: 'seminar', name, stage: 'know' }] });
  expect(put[2]).toEqual({ ...WORDS, departments: [] });
  expect(put[3]?.routes).toEqual([{ route: '0120-1', name: { ja: '春のテレビ', en: 'TV' } }]);
  expect(await ROUTE_WORDS.load(call)).toEqual(WORDS.routes);
});
