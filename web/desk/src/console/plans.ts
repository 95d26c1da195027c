import type { Field } from './Fields.tsx';
import { type Call, type Resource, refuseUnseen } from './resources.ts';

interface Name {
  ja: string;
  en: string;
}

interface Step {
  title: string;
  days: number;
  kind: string;
  queue: string;
}

/** A template of a success plan: see `PlanTemplate` in docs/openapi.json. */
export interface PlanTemplate {
  template: string;
  name: Name;
  anchor: 'start' | 'purchase' | 'delivery';
  steps: Step[];
  version: number;
}

export interface PlanTemplates {
  templates: PlanTemplate[];
  version: number;
}

const PATH = '/api/v1/plan-templates';
const read = (call: Call) => call<PlanTemplates>({ path: PATH });

/** Changes the templates as they are now; a change since they were read here is told as `conflict`. */
async function change(call: Call, by: (templates: PlanTemplate[]) => PlanTemplate[]) {
  const { templates, version } = await read(call);
  return call({ method: 'PUT', path: PATH, body: { templates: by(templates), version } });
}

const FRESH: Step = { title: '', days: 0, kind: '', queue: '' };

export const PLAN_TEMPLATES: Resource<PlanTemplate> = {
  load: async (call) => (await read(call)).templates,
  save: (call, form, before) =>
    change(call, (templates) => {
      const steps = form.steps.map((step) => ({ ...FRESH, ...step, days: Number(step.days) || 0 }));
      const made = { ...form, steps };
      const at = templates.findIndex((one) => one.template === form.template);
      refuseUnseen(before, templates[at]);
      return at < 0 ? [...templates, made] : templates.with(at, made);
    }),
  remove: (call, before) =>
    change(call, (templates) => {
      const at = templates.findIndex((one) => one.template === before.template);
      refuseUnseen(before, templates[at]);
      return templates.toSpliced(at, 1);
    }),
  idOf: (form) => form.template,
  nameOf: (form, language) => form.name[language] || form.name.ja,
  fresh: () => ({
    template: '',
    name: { ja: '', en: '' },
    anchor: 'start',
    steps: [{ ...FRESH }],
    version: 0,
  }),
};

type Option = { value: string; label: string };

export function planFields(anchors: readonly Option[], queues: readonly Option[]): Field[] {
  return [
    { path: 'template', label: 'segmentId', kind: 'text', required: true, fixed: true },
    { path: 'name.ja', label: 'nameJa', kind: 'text', required: true },
    { path: 'name.en', label: 'nameEn', kind: 'text', required: true },
    { path: 'anchor', label: 'planAnchor', kind: 'select', options: anchors, required: true },
    {
      path: 'steps',
      label: 'planSteps',
      kind: 'rows',
      fresh: FRESH,
      columns: [
        { path: 'title', label: 'planStepTitle', kind: 'text', required: true },
        { path: 'days', label: 'planStepDays', kind: 'number', min: 0, max: 700, required: true },
        { path: 'queue', label: 'planStepQueue', kind: 'select', options: queues },
      ],
    },
  ];
}
