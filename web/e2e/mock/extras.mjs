// What the stand-in knows beside conversations: colleagues, ready-made texts, the floor, files. See server.mjs.
import { randomUUID } from 'node:crypto';
import {
  CALENDARS,
  CANNED,
  CHANGES,
  CODES,
  MACROS,
  PRIORITIES,
  QUEUES,
  REASONS,
  SEGMENTS,
  THEME,
} from './office.mjs';
import { outward } from './outward.mjs';

const shelves = {
  canned: CANNED,
  macros: MACROS,
  codes: CODES,
  calendars: CALENDARS,
};

export function extras(center) {
  const { conversations, agents, sockets, tokens, ACCOUNTS, append, partyOf, send, pushAgent, release } =
    center;
  const files = new Map();
  const codes = new Map();
  const segments = new Map();
  const notices = [];
  const state = { reasons: REASONS, theme: THEME, priorities: PRIORITIES, open: true };
  const nameOf = (id) => ACCOUNTS.find((a) => a.id === id)?.name ?? id;

  const say = (who, f, body) => {
    const c = conversations.get(f.conversation);
    if (!c) return { reason: 'no_such_conversation' };
    const known = f.message && c.events.find((e) => e.message === f.message);
    return known
      ? { number: known.number, repeated: true }
      : { number: append(f.conversation, partyOf(who), body) };
  };
  const commands = {
    note: (who, f) =>
      say(who, f, {
        what: 'note',
        message: f.message,
        text: f.text,
        mentions: f.mentions,
        whisper: f.whisper,
      }),
    wrap: (who, f) => {
      const { code, tags, summary, follow_up_at } = f;
      const agent = agents.get(who.id);
      if (agent?.availability === 'after_work')
        Object.assign(agent, { availability: 'ready', since: Date.now() });
      pushAgent(who.id);
      return say(who, f, { what: 'wrapped', code, tags, summary, follow_up_at });
    },
    join: (who, f) => say(who, f, { what: 'joined', agent: who.id }),
    leave: (who, f) => say(who, f, { what: 'left', agent: who.id }),
    rate: (who, f) => say(who, f, { what: 'rated', score: f.score, comment: f.comment }),
    take: (who, f) => {
      const c = conversations.get(f.conversation);
      if (!c) return { reason: 'no_such_conversation' };
      release(f.conversation);
      const contact = `${f.conversation}.${c.round}`;
      agents.get(who.id).holding.push({ contact, conversation: f.conversation });
      Object.assign(c, { waiting: false, agent: who.id });
      pushAgent(who.id);
      return say(who, f, { what: 'assigned', agent: who.id, contact });
    },
  };

  function viewing(socket, frame) {
    socket.looks ??= new Set();
    if (frame.stop) socket.looks.delete(frame.conversation);
    else socket.looks.add(frame.conversation);
    const there = [...sockets].filter((s) => s.looks?.has(frame.conversation));
    const list = there.map((s) => ({ id: s.who.id, name: nameOf(s.who.id), typing: false }));
    for (const s of there) send(s, { type: 'viewers', conversation: frame.conversation, agents: list });
  }

  const hidden = new Set(['note', 'wrapped', 'joined', 'left']);
  const seenBy = (who, event) =>
    who?.role === 'customer' && hidden.has(event.what)
      ? { number: event.number, at: event.at, by: event.by, what: 'hidden' }
      : event;

  function place(socket, id) {
    const c = conversations.get(id);
    if (socket.who.role !== 'customer' || !c.waiting) return;
    const ahead = [...conversations.values()].filter((o) => o.waiting && o.enqueued < c.enqueued).length;
    const where = { place: ahead + 1, expected_wait_ms: (ahead + 1) * 95_000 };
    const hours = { open: state.open, opens_at: state.open ? 0 : Date.now() + 54_000_000 };
    const calling = { callback: c.callback === true, can_call_back: true };
    send(socket, { type: 'place', conversation: id, ...where, ...hours, ...calling });
  }

  function floor() {
    const list = [...conversations].filter(([, c]) => !c.closed);
    const phase = (c) => (c.offered ? 'offered' : c.waiting ? 'waiting' : 'held');
    const contacts = list.map(([id, c], i) => ({
      contact: `${id}.${c.round}`,
      conversation: id,
      queue: c.queue,
      channel: 'chat',
      state: phase(c),
      agent: c.waiting ? '' : (c.agent ?? ''),
      enqueued: c.enqueued,
      priority: 0,
      segment: i === 0 ? 'VIP' : '',
      reason: '',
      place: i + 1,
      expected_wait_ms: (i + 1) * 60_000,
    }));
    const count = (what) => contacts.filter((c) => c.state === what).length;
    const queues = QUEUES.map((queue) => {
      const waits = contacts.filter((c) => c.queue === queue.queue && c.state === 'waiting');
      const longest = waits.reduce((most, c) => Math.max(most, Date.now() - c.enqueued), 0);
      const held = contacts.filter((c) => c.queue === queue.queue && c.state === 'held').length;
      const figures = { waiting: waits.length, offered: 0, held, longest_wait_ms: longest };
      return { ...queue, ...figures, expected_wait_ms: 40_000 + waits.length * 95_000 };
    });
    const staff = [...agents].map(([id, a]) => {
      const { name, unit, skills, capacities } = ACCOUNTS.find((one) => one.id === id);
      return { id, name, unit, skills, capacities, ...a, offers: a.offers.map((o) => o.contact) };
    });
    const ready = staff.filter((a) => a.availability === 'ready').length;
    const longest_wait_ms = queues.reduce((most, q) => Math.max(most, q.longest_wait_ms), 0);
    const totals = { waiting: count('waiting'), offered: count('offered'), held: count('held'), ready };
    return {
      owner: 'tokyo.routing.1',
      epoch: 1,
      ...totals,
      longest_wait_ms,
      queues,
      agents: staff,
      contacts,
    };
  }

  const why = (contact) => ({
    contact,
    now: {
      ja: '返品のスキル（レベル 3 以上）を持つ受付可の担当者がいないため、待っています。あと 20 秒でレベル 2 でも割り当てます。',
      en: 'It waits because nobody who is ready has the skill “returns” at level 3. In 20 s level 2 is enough.',
    },
    steps: [
      {
        at: Date.now() - 90_000,
        code: 'enqueued',
        ja: '返品窓口に入りました。',
        en: 'It entered the queue “returns”.',
      },
      {
        at: Date.now() - 60_000,
        code: 'declined',
        ja: '佐藤 美咲 に呼び出しましたが、見送られました。',
        en: 'It rang at 佐藤 美咲, who declined.',
      },
      {
        at: Date.now() - 30_000,
        code: 'relaxed',
        ja: '「英語」を必須から優先に緩めました。',
        en: '“English” became preferred instead of needed.',
      },
    ],
  });

  function put(list, id, body) {
    const at = list.findIndex((one) => one.id === id);
    if (at < 0) list.push({ ...body, id });
    else list[at] = { ...body, id };
    return [200, {}];
  }

  function api(method, url, body, who) {
    const [, , , first, id, last] = url.pathname.split('/').map(decodeURIComponent);
    const shelf = shelves[first];
    if (shelf && id) return method === 'DELETE' ? remove(shelf, id) : put(shelf, id, body);
    if (shelf) return [200, shelf];
    if (first === 'theme') {
      if (method === 'PUT') state.theme = body;
      return [200, state.theme];
    }
    if (first === 'segments') {
      if (method === 'PUT' && body.version !== SEGMENTS.version) return [409, { reason: 'conflict' }];
      if (method === 'PUT') Object.assign(SEGMENTS, body, { version: SEGMENTS.version + 1 });
      return [200, SEGMENTS];
    }
    const told = outward(method, url, body, who);
    if (told) return told;
    if (first === 'reasons') {
      if (method === 'PUT') state.reasons = body;
      return [200, state.reasons];
    }
    if (first === 'priorities') {
      if (method === 'PUT') state.priorities = body;
      return [200, state.priorities];
    }
    if (first === 'floor') return [200, last || id ? why(url.pathname.split('/')[5]) : floor()];
    if (first === 'queues' && id) {
      Object.assign(QUEUES.find((q) => q.queue === id) ?? QUEUES[QUEUES.push({ queue: id }) - 1], body);
      return [200, {}];
    }
    if (first === 'queues') return [200, floor().queues];
    if (first === 'accounts') return [200, { accounts: ACCOUNTS.map((a) => ({ ...a, disabled: false })) }];
    if (first === 'agents') return agentsApi(id, last, body);
    if (first === 'changes') return [200, CHANGES];
    if (first === 'search') return search(url.searchParams.get('q'), url.searchParams.get('beyond'));
    if (first === 'resume') return resume(body.code);
    if (first === 'messages') return [200, {}];
    if (first === 'customers' && last === 'segment') {
      if (method === 'PUT') segments.set(id, body.segment);
      return [200, { segment: segments.get(id) ?? '' }];
    }
    if (first === 'notices') return noticesApi(method, id, last, body, who);
    if (first === 'conversations' && last === 'consult') return consult(id, body, who);
    if (first === 'contacts' && last === 'callback') return callback(method, id, body, who);
    if (last === 'resume-link') {
      const code = randomUUID().slice(0, 8);
      codes.set(code, { who, conversation: id });
      return [200, { url: `${url.origin}/widget/#resume=${code}`, expires_at: Date.now() + 900_000 }];
    }
    return null;
  }

  function showNotices() {
    for (const s of sockets) {
      if (!s.who || s.who.role === 'customer') continue;
      const mine = notices.filter(
        (n) =>
          n.by !== s.who.id && !n.seen.has(s.who.id) && (n.agents === null || n.agents.includes(s.who.id)),
      );
      send(s, { type: 'notices', notices: mine.map(({ seen: _, agents: __, ...card }) => card) });
    }
  }

  function notice(by, kind, agents, more) {
    const at = Date.now();
    const card = {
      id: randomUUID(),
      kind,
      ja: '',
      en: '',
      conversation: '',
      by,
      at,
      expires: at + 3_600_000,
    };
    notices.unshift({ ...card, to: 'all', ...more, agents, seen: new Set() });
    showNotices();
  }

  function noticesApi(method, id, last, body, who) {
    const at = notices.findIndex((n) => n.id === id);
    if (last === 'read') {
      notices[at]?.seen.add(who.id);
      showNotices();
      return [200, { id }];
    }
    if (method === 'DELETE') {
      notices.splice(at, 1);
      showNotices();
      return [200, { removed: true }];
    }
    if (method === 'POST') {
      const unit = body.to?.unit;
      const agentsOf = unit ? ACCOUNTS.filter((a) => a.unit === unit).map((a) => a.id) : null;
      const to = body.to === 'all' ? 'all' : Object.entries(body.to)[0].join(' ');
      notice(who.id, 'broadcast', agentsOf, { ja: body.ja, en: body.en, to });
    }
    const sent = notices.filter((n) => n.kind === 'broadcast');
    return [
      200,
      sent.map(({ seen, agents: to, ...card }) => ({ ...card, read: seen.size, of: to?.length ?? 0 })),
    ];
  }

  function consult(conversation, body, who) {
    const agent = body.agent ?? [...agents.keys()].find((id) => id !== who.id);
    const note = { what: 'note', message: body.message, text: body.text, mentions: [agent], consult: true };
    append(conversation, partyOf(who), note);
    notice(who.id, 'consult', [agent], { conversation });
    return [200, { agent }];
  }

  function callback(method, conversation, body, who) {
    const c = conversations.get(conversation);
    if (!c?.waiting) return [409, { reason: 'not_waiting' }];
    if (method === 'POST' && !/^[0-9+() -]{3,40}$/.test(body.phone)) return [400, { reason: 'bad_phone' }];
    c.callback = method === 'POST';
    const { message, phone } = body;
    const late = body.at > 0 ? { not_before: body.at } : {};
    const asked = { what: 'callback_asked', message, phone, ...late, erased: false };
    append(conversation, partyOf(who), c.callback ? asked : { what: 'callback_cancelled' });
    for (const s of sockets) if (s.watches?.has(conversation)) place(s, conversation);
    return [200, { contact: `${conversation}.${c.round}` }];
  }

  function remove(list, id) {
    list.splice(
      list.findIndex((one) => one.id === id),
      1,
    );
    return [200, {}];
  }

  function agentsApi(id, last, body) {
    if (!id) {
      const list = [...agents].map(([one, a]) => ({
        id: one,
        name: nameOf(one),
        availability: a.availability,
      }));
      return [200, list];
    }
    if (last === 'availability') Object.assign(agents.get(id), body, { since: Date.now() });
    else
      Object.assign(
        ACCOUNTS.find((a) => a.id === id),
        body,
      );
    pushAgent(id);
    return [200, {}];
  }

  function search(q, beyond) {
    const found = [...conversations].filter(
      ([, c]) => c.name.includes(q) || c.events.some((e) => e.text?.includes(q)),
    );
    const results = found.map(([id, c]) => ({
      conversation: id,
      customer: c.customer,
      customer_name: c.name,
      queue: c.queue,
      agent: c.agent ?? '',
      phase: c.closed ? 'closed' : 'assigned',
      last_at: c.events.at(-1).at,
      preview: c.events.findLast((e) => e.what === 'message')?.text ?? '',
    }));
    // The rest comes when it is asked for.
    if (beyond) return [200, { results: results.slice(1), older: '' }];
    return [200, { results: results.slice(0, 1), older: results.length > 1 ? 'more' : '' }];
  }

  function resume(code) {
    const known = codes.get(code);
    if (!known) return [404, { reason: 'bad_code' }];
    codes.delete(code);
    const token = randomUUID();
    tokens.set(token, known.who);
    return [200, { token, conversation: known.conversation, customer_id: known.who.id }];
  }

  function filesOf(request, response, url, raw, who) {
    const [, , , , conversation, , file] = url.pathname.split('/').map(decodeURIComponent);
    if (request.method === 'GET') {
      const found = files.get(file);
      return response
        .writeHead(found ? 200 : 404, { 'Content-Type': found?.type ?? 'text/plain' })
        .end(found?.raw);
    }
    const id = randomUUID();
    const name = decodeURIComponent(request.headers['x-file-name'] ?? 'file');
    const type = request.headers['content-type'];
    files.set(id, { raw, type });
    const message = request.headers['x-message-id'];
    const body = { what: 'file', message, file: id, name, media_type: type, bytes: raw.length };
    append(conversation, partyOf(who), body);
    return response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ file: id }));
  }

  /** Whoever held it has some time for the record. */
  function afterWork(letGo, id) {
    const holders = [...agents.values()].filter((a) => a.holding.some((h) => h.conversation === id));
    const since = Date.now();
    for (const a of holders)
      Object.assign(a, { availability: 'after_work', since, after_work_until: since + 60_000 });
    letGo(id);
  }

  return { commands, showNotices, afterWork, viewing, seenBy, place, api, files: filesOf, state };
}
