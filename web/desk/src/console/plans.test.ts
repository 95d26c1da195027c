import type { Request } from '@madoguchi/shared';
import { expect, it } from 'vitest';
import { PLAN_TEMPLATES, type PlanTemplates } from './plans.ts';
import type { Call } from './resources.ts';

function center(stored: PlanTemplates) {
  const call = async (request: Request) => {
    if (request.method === 'PUT') Object.assign(stored, request.body as PlanTemplates);
    return stored;
  };
  return call as Call;
}

it('changes one template and leaves the others as they are', async () => {
  const other = PLAN_TEMPLATES.fresh('');
  const stored = { templates: [{ ...other, template: 'a' }], version: 7 };
  const call = center(stored);
  const form = { ...PLAN_TEMPLATES.fresh(''), template: 'b', name: { ja: 'い', en: 'b' } };
  await PLAN_TEMPLATES.save(call, form, null);
  const [, read] = structuredClone(stored.templates);
  expect(stored.templates.map((one) => one.template)).toEqual(['a', 'b']);
  await PLAN_TEMPLATES.save(call, { ...form, anchor: 'delivery' }, read ?? null);
  expect(stored.templates.map((one) => one.anchor)).toEqual(['start', 'delivery']);
  expect(stored.version).toBe(7);
  await PLAN_TEMPLATES.remove?.(call, stored.templates[1] ?? expect.fail());
  expect(stored.templates.map((one) => one.template)).toEqual(['a']);
});

it('writes over nothing that its form never saw', async () => {
  const form = { ...PLAN_TEMPLATES.fresh(''), template: 'a' };
  const stored = { templates: [{ ...form, version: 2 }], version: 2 };
  const call = center(stored);
  const old = { ...form, version: 1 };
  await expect(PLAN_TEMPLATES.save(call, { ...old, anchor: 'delivery' }, old)).rejects.toMatchObject({
    reason: 'conflict',
  });
  await expect(PLAN_TEMPLATES.remove?.(call, old)).rejects.toMatchObject({ reason: 'conflict' });
  await expect(PLAN_TEMPLATES.save(call, form, null)).rejects.toMatchObject({ reason: 'id_taken' });
  const gone = { ...form, template: 'b' };
  await expect(PLAN_TEMPLATES.save(call, gone, gone)).rejects.toMatchObject({ reason: 'conflict' });
  expect(stored.templates).toEqual([{ ...form, version: 2 }]);
});
