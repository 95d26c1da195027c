/** Cases and tasks of the stand-in, in memory: see `Case` and `Task` in docs/openapi.json. */

const HOUR = 3_600_000;

export function cases() {
  const all = new Map();
  const tasks = new Map();

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

  function changeTask(id, body) {
    if (body.do === 'plan') {
      const { record, kind, text } = body;
      const at = body.at || Date.now();
      const empty = { case: '', queue: 'clerks', plan: '', outcome: '', last_at: at };
      tasks.set(id, { ...empty, task: id, record, kind, text, at, phase: 'planned' });
    } else tasks.get(id).phase = 'cancelled';
    return [200, tasks.get(id)];
  }

  function api(method, url, body, who) {
    const [, , , first, id] = url.pathname.split('/');
    const records = (url.searchParams.get('records') ?? '').split(',').filter((one) => one !== '');
    const of = (one) => records.length === 0 || records.includes(one.record);
    if (first === 'cases') {
      if (method === 'POST') return change(id, body, who);
      if (id) return all.has(id) ? [200, all.get(id)] : [404, { reason: 'no_such_case' }];
      return [200, { cases: [...all.values()].map((whole) => whole.case).filter(of), next: '' }];
    }
    if (first !== 'tasks') return null;
    if (method === 'POST') return changeTask(id, body);
    const there = (task) => of(task) && (task.phase === 'planned' || task.phase === 'due');
    return [200, { tasks: [...tasks.values()].filter(there), next: '' }];
  }

  return { api };
}
