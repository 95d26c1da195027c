// Journeys, the trend of segments and success plans of the stand-in, in memory: see docs/openapi.json.
const DAY = 86_400_000;

const crossing = (from, to, times, median, p90) => ({
  from,
  to,
  times,
  median: median * DAY,
  p90: p90 * DAY,
});

const JOURNEYS = {
  customers: 1_280,
  paths: [
    { steps: ['consider', 'buy', 'use'], cut: false, customers: 420 },
    { steps: ['consider'], cut: false, customers: 310 },
    { steps: ['know', 'consider', 'contact', 'buy'], cut: false, customers: 180 },
    { steps: ['buy', 'contact', 'buy', 'use', 'contact', 'buy'], cut: true, customers: 40 },
  ],
  elsewhere: 330,
  stages: [
    { stage: 'know', reached: 400, went_on: 280, stayed: 120 },
    { stage: 'consider', reached: 1_020, went_on: 640, stayed: 380 },
    { stage: 'buy', reached: 720, went_on: 600, stayed: 120 },
    { stage: 'use', reached: 560, went_on: 90, stayed: 470 },
    { stage: 'contact', reached: 320, went_on: 210, stayed: 110 },
  ],
  crossings: [
    crossing('consider', 'buy', 520, 6, 21),
    crossing('buy', 'use', 540, 2, 5),
    crossing('know', 'consider', 280, 0.2, 3),
    crossing('consider', 'contact', 190, 1, 9),
    crossing('contact', 'buy', 160, 0.03, 2),
    crossing('use', 'contact', 90, 12, 40),
  ],
  entries: [
    { channel: 'web', route: 'spring', customers: 300 },
    { channel: 'voice', route: '0120-000-111', customers: 120 },
    { channel: '', route: '', customers: 60 },
  ],
};

const KINDS = [
  { steps: ['page_view', 'order', 'delivery'], cut: false, customers: 410 },
  { steps: ['page_view'], cut: false, customers: 310 },
];

export function insight(work) {
  const counted = new Set();
  const plans = { templates: [], version: 0 };
  const started = new Map();

  function journeys(query) {
    const key = String(query);
    // As a center of some size: counted between two looks.
    if (!counted.has(key)) {
      counted.add(key);
      return [
        200,
        {
          counting: true,
          from: 0,
          until: 0,
          customers: 0,
          paths: [],
          elsewhere: 0,
          stages: [],
          crossings: [],
          entries: [],
        },
      ];
    }
    const until = Date.now();
    const told = { counting: false, from: until - Number(query.get('days')) * DAY, until, ...JOURNEYS };
    if (query.get('by') === 'kind') Object.assign(told, { paths: KINDS, elsewhere: 560 });
    if (query.get('segment') === 'at_risk')
      Object.assign(told, { customers: 0, paths: [], elsewhere: 0, stages: [], crossings: [], entries: [] });
    return [200, told];
  }

  function trend(query) {
    const today = Math.floor((Date.now() + 9 * 3_600_000) / DAY);
    const most = Math.min(Number(query.get('days')), 40);
    const days = Array.from({ length: most }, (_, at) => {
      const vip = 100 + at + (at % 7);
      const tiers = { ゴールド: 40 + at, シルバー: 200 - at };
      return {
        day: today - most + 1 + at,
        at: Date.now(),
        customers: 1_200 + 2 * at,
        segments: { vip, at_risk: 80 - at },
        tiers,
      };
    });
    return [200, { days }];
  }

  function planOf(customer, template, by) {
    const { steps, version } = plans.templates.find((one) => one.template === template);
    const plan = `tpl:${template}:${version}:1`;
    const at = Date.now();
    const tasks = steps.map(({ title, days, kind, queue }, step) =>
      work.plan(
        `${customer}-${plan}-${step}`,
        { record: customer, kind: kind || 'follow_up', text: title, at: at + days * DAY, queue, plan },
        by,
      ),
    );
    return { plan, template, version, tasks };
  }

  function told({ tasks, ...plan }) {
    const open = tasks.filter((task) => task.phase === 'planned' || task.phase === 'due');
    const done = tasks.filter((task) => task.phase === 'done').length;
    return { ...plan, tasks, done, open: open.length, overdue: 0 };
  }

  function templates(method, id, body) {
    if (id) {
      const first = body.after === '';
      return [
        200,
        {
          started: first ? 12 : 3,
          known: first ? 1 : 0,
          left_out: first ? 2 : 0,
          next: first ? 'rec-m' : '',
        },
      ];
    }
    if (method === 'PUT') {
      if (body.version !== plans.version) return [409, { reason: 'conflict' }];
      plans.version += 1;
      plans.templates = body.templates.map((one) => ({ ...one, version: one.version || plans.version }));
    }
    return [200, plans];
  }

  function ofCustomer(method, customer, plan, body, who) {
    const mine = started.get(customer) ?? [];
    started.set(customer, mine);
    if (method === 'GET') return [200, { plans: mine.map(told) }];
    if (plan) {
      const one = mine.find((known) => known.plan === plan);
      if (!one) return [404, { reason: 'no_such_plan' }];
      for (const task of one.tasks) if (task.phase === 'planned') task.phase = 'cancelled';
      return [200, told(one)];
    }
    const known = mine.find((one) => one.template === body.template);
    if (!known) mine.push(planOf(customer, body.template, who));
    return [200, { plan: told(known ?? mine.at(-1)), known: known !== undefined }];
  }

  function api(method, url, body, who) {
    const [, , , first, id, part, plan] = url.pathname.split('/').map(decodeURIComponent);
    if (first === 'journeys') return journeys(url.searchParams);
    if (first === 'segment-trend') return trend(url.searchParams);
    if (first === 'plan-templates') return templates(method, id, body);
    if (first === 'customers' && part === 'plans') return ofCustomer(method, id, plan, body, who);
    if (first === 'campaigns' && part === 'members') {
      const more = body.after === '';
      return [
        200,
        {
          added: more ? 8 : 2,
          known: 1,
          not_allowed: more ? 5 : 0,
          no_number: more ? 0 : 3,
          next: more ? 'rec-m' : '',
        },
      ];
    }
    return null;
  }

  return { api };
}
