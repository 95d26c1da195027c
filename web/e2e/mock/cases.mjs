/** Cases and tasks of the stand-in, in memory: see `Case` and `Task` in docs/openapi.json. */

const HOUR = 3_600_000;

export function cases() {
  const all = new Map();
  const tasks = new Map();

  const seed = (id, record, title, department, owner, hours, more = {}) => {
    const at = Date.now();
    const times = { opened_at: at - 48 * HOUR, first_due: 0, due: at + hours * HOUR, last_at: at - HOUR };
    const kind = { kind: 'damage', priority: 5, title, department, owner, conversations: [] };
    const waits = { phase: 'open', waits_for: '', waits_until: 0, late: [], code: '' };
    const entry = { at: times.opened_at, by: 'tanaka', what: 'opened', word: department, text: title };
    all.set(id, { case: { case: id, record, ...kind, ...waits, ...times, ...more }, entries: [entry] });
  };
  seed('case-1', 'rec-emi', '鉢のひび割れ', 'support', 'sato', 30);
  seed('case-2', 'rec-ken', '返金が届かない', 'quality', '', -5, { late: ['solve'] });
  seed('case-3', 'rec-emi', '見積もりの依頼', 'sales', 'smith', -20, {
    kind: 'pre_purchase',
    late: ['solve'],
  });
  seed('case-4', 'rec-ken', '修理の部品待ち', 'maintenance', 'sato', 90, {
    phase: 'waiting',
    waits_for: 'supplier',
    waits_until: Date.now() + 60 * HOUR,
  });
  seed('case-5', 'rec-ken', '使い方の質問', 'support', 'smith', 10, { phase: 'solved', code: 'answered' });

  function opened(id, body, who) {
    const at = Date.now();
    const made = {
      case: id,
      record: body.record,
      kind: body.kind,
      department: body.department || 'support',
      owner: '',
      priority: 5,
      title: body.title,
      phase: 'open',
      waits_for: '',
      waits_until: 0,
      opened_at: at,
      first_due: at + 4 * HOUR,
      due: at + 72 * HOUR,
      late: [],
      code: '',
      conversations: body.conversation ? [body.conversation] : [],
      last_at: at,
    };
    all.set(id, { case: made, entries: [] });
    return told(id, who, 'opened', made.department, body.title);
  }

  function told(id, who, what, word = '', text = '') {
    const whole = all.get(id);
    whole.entries.push({ at: Date.now(), by: who.id, what, word, text });
    if (what !== 'opened') whole.case.first_due = 0;
    return [200, whole.case];
  }

  function change(id, body, who) {
    if (body.do === 'open') return opened(id, body, who);
    const one = all.get(id)?.case;
    if (!one) return [404, { reason: 'no_such_case' }];
    if (one.phase === 'solved' && !['note', 'reopen'].includes(body.do))
      return [409, { reason: 'case_solved' }];
    if (body.do === 'assign') {
      one.owner = body.owner;
      return told(id, who, 'assigned', body.owner);
    }
    if (body.do === 'hand_over') {
      Object.assign(one, { department: body.department, owner: '' });
      return told(id, who, 'handed_over', body.department, body.text);
    }
    if (body.do === 'wait') {
      Object.assign(one, { phase: 'waiting', waits_for: body.whom, waits_until: body.until });
      return told(id, who, 'waited', body.whom);
    }
    if (body.do === 'solve') {
      Object.assign(one, { phase: 'solved', code: body.code });
      return told(id, who, 'solved', body.code);
    }
    if (body.do === 'note') return told(id, who, 'noted', '', body.text);
    one.phase = 'open';
    return told(id, who, body.do === 'resume' ? 'resumed' : 'reopened');
  }

  function plan(id, { record, kind, text, ...body }) {
    const at = body.at || Date.now();
    const empty = {
      case: '',
      queue: body.queue || 'clerks',
      plan: body.plan ?? '',
      outcome: '',
      last_at: at,
    };
    tasks.set(id, { ...empty, task: id, record, kind, text, at, phase: 'planned' });
    return tasks.get(id);
  }

  function changeTask(id, body) {
    if (body.do === 'plan') return [200, plan(id, body)];
    tasks.get(id).phase = 'cancelled';
    return [200, tasks.get(id)];
  }

  function api(method, url, body, who) {
    const [, , , first, id] = url.pathname.split('/');
    const records = (url.searchParams.get('records') ?? '').split(',').filter((one) => one !== '');
    const of = (one) => records.length === 0 || records.includes(one.record);
    if (first === 'cases') {
      if (method === 'POST') return change(id, body, who);
      if (id) return all.has(id) ? [200, all.get(id)] : [404, { reason: 'no_such_case' }];
      const department = url.searchParams.get('department');
      const solved = url.searchParams.get('solved') === 'true';
      const fits = (one) =>
        of(one) && (!department || one.department === department) && (solved || one.phase !== 'solved');
      return [200, { cases: [...all.values()].map((whole) => whole.case).filter(fits), next: '' }];
    }
    if (first !== 'tasks') return null;
    if (method === 'POST') return changeTask(id, body);
    const there = (task) => of(task) && (task.phase === 'planned' || task.phase === 'due');
    return [200, { tasks: [...tasks.values()].filter(there), next: '' }];
  }

  return { api, plan };
}
