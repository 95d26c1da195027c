// Outbound campaigns and the do-not-call list of the stand-in. See voice.mjs.
const HOUR = 3_600_000;

const PLAN = {
  name: '春のご案内',
  mode: 'progressive',
  queue: 'support',
  caller_id: '+81312345678',
  attempts: 3,
  attempts_per_day: 1,
  pauses: {
    busy_ms: 900_000,
    no_answer_ms: 4 * HOUR,
    machine_ms: 4 * HOUR,
    abandoned_ms: 24 * HOUR,
    failed_ms: HOUR,
  },
  ring_ms: 25_000,
  preview_ms: 300_000,
  utc_offset_minutes: 540,
  windows: [1, 2, 3, 4, 5].map((weekday) => ({ weekday, from: 540, to: 1_080 })),
  closed: [20_818],
  abandon: { permille: 30, window_ms: HOUR },
  nobody: { within_ms: 5_000, announcement: { ja: { text: '担当者におつなぎできません。' } } },
};

const person = (number, name, change) => ({
  id: `tel-${number.slice(-8)}`,
  number,
  name,
  stage: 'due',
  attempts: 0,
  last: '',
  again_at: 0,
  do_not_call: false,
  ...change,
});

export function campaigns() {
  const listed = new Map([['+819055550000', { by: 'chief', at: Date.now() - 48 * HOUR }]]);
  const people = [
    person('+819012345678', '山田 花子', { stage: 'done', attempts: 1, last: 'answered' }),
    person('+81661234567', '鈴木 一郎', { attempts: 1, last: 'busy', again_at: Date.now() + HOUR }),
    person('+819011112222', '', { attempts: 1, last: 'abandoned', again_at: Date.now() + 24 * HOUR }),
  ];
  const known = new Map([
    ['spring', { plan: PLAN, phase: 'running', people, picked_up: 2, found_nobody: 1, capped: true }],
  ]);

  function told([id, one]) {
    const count = (stage) => one.people.filter((it) => it.stage === stage).length;
    const outcomes = {};
    for (const { last } of one.people) if (last) outcomes[last] = (outcomes[last] ?? 0) + 1;
    return {
      id,
      plan: one.plan,
      phase: one.phase,
      entries: one.people.length,
      due: count('due'),
      previewed: 0,
      dialled: count('dialled'),
      done: count('done'),
      attempts: one.people.reduce((all, it) => all + it.attempts, 0),
      outcomes,
      do_not_call: 0,
      picked_up: one.picked_up,
      found_nobody: one.found_nobody,
      capped: one.capped,
      site: 'tokyo',
      changed_by: 'chief',
      next_at: one.phase === 'running' ? Date.now() + HOUR : 0,
    };
  }

  function add(one, entries) {
    const answer = { added: 0, known: 0, refused: [] };
    for (const [at, { number, name }] of entries.entries()) {
      if (!number.startsWith('+81')) answer.refused.push(at);
      else if (one.people.some((it) => it.number === number)) answer.known += 1;
      else {
        one.people.push(person(number, name, { do_not_call: listed.has(number) }));
        answer.added += 1;
      }
    }
    return [200, answer];
  }

  function act(id, { do: deed, plan }) {
    const one = known.get(id);
    if (one.phase === 'finished') return [409, { reason: 'campaign_finished' }];
    const phases = { start: 'running', pause: 'paused', stop: 'finished' };
    if (deed === 'define') one.plan = plan;
    else one.phase = phases[deed];
    return [200, told([id, one])];
  }

  function create({ id, plan }) {
    if (known.has(id)) return [409, { reason: 'campaign_exists' }];
    known.set(id, { plan, phase: 'paused', people: [], picked_up: 0, found_nobody: 0, capped: false });
    return [200, told([id, known.get(id)])];
  }

  function list(query) {
    const all = [...listed].map(([number, { by, at }]) => ({ id: `tel-${number}`, number, by, at }));
    const sought = query.get('number');
    return [200, { entries: all.filter(({ number }) => !sought || number === sought), total: all.length }];
  }

  function set({ numbers, may_call }, who) {
    for (const number of numbers)
      if (may_call) listed.delete(number);
      else if (!listed.has(number)) listed.set(number, { by: who.id, at: Date.now() });
    return [200, { changed: numbers.length }];
  }

  function api(method, first, id, last, query, body, who) {
    if (first === 'do-not-call') return method === 'POST' ? set(body, who) : list(query);
    if (first !== 'campaigns') return null;
    if (!id) return method === 'POST' ? create(body) : [200, { campaigns: [...known].map(told) }];
    const one = known.get(id);
    if (!one) return [404, { reason: 'no_such_campaign' }];
    if (last === 'do') return act(id, body);
    if (last === 'entries') return add(one, body.entries);
    const limit = Number(query.get('limit') ?? 0);
    const after = query.get('after') ?? '';
    const page = one.people.filter((it) => it.id > after).sort((a, b) => (a.id < b.id ? -1 : 1));
    return [200, { campaign: told([id, one]), entries: page.slice(0, limit) }];
  }

  return { api, never: (number) => listed.has(number) };
}
