// A stand-in for the center that keeps everything in memory, so that the pages can be looked at, and tested as pages
// (`npm run pages`), without a center. It promises nothing: what the center does is only proved against a center.
//
//   npm run build && npm run mock        tokyo http://127.0.0.1:18101, osaka http://127.0.0.1:18102
//   curl -X POST 'http://127.0.0.1:18100/kill?site=tokyo'   and   /start?site=tokyo
import { randomUUID } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer } from 'ws';
import { cases } from './cases.mjs';
import { customers } from './customers.mjs';
import { extras } from './extras.mjs';
import { formRefusal } from './forms.mjs';
import { insight } from './insight.mjs';
import { shops } from './shops.mjs';
import { voice } from './voice.mjs';
import { words } from './words.mjs';

const DIST = new URL('../../dist/', import.meta.url).pathname;
const GATEWAY = new URL('./gateway', import.meta.url).pathname;
// Long: a busy machine is no lost link, and no agent who does not answer.
const HEARTBEAT = 5_000;
const OFFER_MS = 120_000;
const PORT = Number(process.env.MADOGUCHI_MOCK_PORT ?? 18100);
const SITES = ['tokyo', 'osaka'].map((name, i) => ({ name, url: `http://127.0.0.1:${PORT + 1 + i}` }));
const skills = (...list) =>
  list.map((one) => ({ name: one.split(' ')[0], level: Number(one.split(' ')[1]) }));
const ACCOUNTS = [
  {
    id: 'sato',
    login: 'sato',
    name: '佐藤 美咲',
    role: 'agent',
    unit: '返品',
    skills: skills('ja 3', 'returns 2'),
  },
  {
    id: 'smith',
    login: 'smith',
    name: 'Alex Smith',
    role: 'agent',
    unit: '国際',
    skills: skills('en 5', 'ja 2'),
  },
  { id: 'tanaka', login: 'tanaka', name: '田中 一郎', role: 'agent', unit: '委託', skills: skills('ja 4') },
  { id: 'chief', login: 'chief', name: '高橋 部長', role: 'supervisor', unit: '管理', skills: [] },
];
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self' http://127.0.0.1:* ws://127.0.0.1:*; base-uri 'none'; form-action 'self'";

const conversations = new Map();
const agents = new Map(
  ACCOUNTS.map((a) => [
    a.id,
    { availability: 'offline', reason: '', since: Date.now(), limit: 4, holding: [], offers: [] },
  ]),
);
const sockets = new Set();
const tokens = new Map();

const send = (socket, frame) => {
  if (socket.readyState === 1) socket.send(JSON.stringify(frame));
};
const pushAgent = (id) => {
  for (const s of sockets)
    if (s.who?.id === id && agents.has(id)) send(s, { type: 'agent', ...agents.get(id) });
};

function append(conversation, by, body) {
  const c = conversations.get(conversation);
  const event = { number: c.events.length + 1, at: Date.now(), by, ...body };
  c.events.push(event);
  for (const s of sockets)
    if (s.watches?.has(conversation))
      send(s, { type: 'event', conversation, event: more.seenBy(s.who, event) });
  return event.number;
}

/** The customer answers the last form that was offered, on another device. */
function answerLast(text) {
  const [id, c] = [...conversations].at(-1);
  const offered = c.events.findLast((e) => e.form && !e.form.filled);
  const form = { form: offered.form.form, filled: true, offer: offered.number };
  const who = { kind: 'customer', id: c.customer };
  append(id, who, { what: 'message', message: randomUUID(), text, erased: false, form });
}

const partyOf = (who) => ({ kind: who.role === 'customer' ? 'customer' : 'agent', id: who.id });

function route() {
  for (const [id, c] of conversations) {
    if (!c.waiting || c.offered) continue;
    const found = [...agents].find(
      ([agent, a]) =>
        a.availability === 'ready' &&
        a.holding.length + a.offers.length < a.limit &&
        (c.only === '' || c.only === agent),
    );
    if (!found) continue;
    const [agent, state] = found;
    const last = c.events.filter((e) => e.what === 'message').at(-1);
    c.offered = true;
    c.offerRound += 1;
    const offer = {
      contact: `${id}.${c.round}`,
      conversation: id,
      round: c.offerRound,
      queue: c.queue,
      expires: Date.now() + OFFER_MS,
      enqueued: c.enqueued,
      customer: c.customer,
      customer_name: c.name,
      callback: c.callback === true,
      preview: (last?.text ?? '').slice(0, 80),
      ...(c.channel ? { channel: c.channel } : {}),
    };
    state.offers.push(offer);
    pushAgent(agent);
    setTimeout(() => unoffer(agent, offer), OFFER_MS);
  }
}

function unoffer(agent, offer) {
  const state = agents.get(agent);
  if (!state.offers.includes(offer)) return false;
  state.offers = state.offers.filter((o) => o !== offer);
  conversations.get(offer.conversation).offered = false;
  pushAgent(agent);
  setTimeout(route, 500);
  return true;
}

function wait(c, queue, only) {
  c.round += 1;
  Object.assign(c, { waiting: true, offered: false, queue, only, enqueued: Date.now() });
  setTimeout(route, 100);
}

function release(id) {
  for (const [agent, state] of agents) {
    state.holding = state.holding.filter((h) => h.conversation !== id);
    pushAgent(agent);
  }
}

const commands = {
  open(who, f) {
    if (conversations.has(f.conversation)) return { number: 1, repeated: true };
    const c = { events: [], customer: who.id, name: f.name ?? '', round: 0, offerRound: 0 };
    conversations.set(f.conversation, c);
    const asked = { reason: f.reason ?? '', answers: f.answers ?? {} };
    const body = { what: 'opened', customer: who.id, queue: f.queue, name: f.name ?? '', ...asked };
    const number = append(f.conversation, partyOf(who), body);
    wait(c, f.queue, '');
    return { number };
  },
  post(who, f) {
    const c = conversations.get(f.conversation);
    if (!c) return { reason: 'no_such_conversation' };
    const known = c.events.find((e) => e.message === f.message);
    if (known) return { number: known.number, repeated: true };
    const reason = f.form && formRefusal(c, who, f);
    if (reason) return { reason };
    const number = append(f.conversation, partyOf(who), {
      what: 'message',
      message: f.message,
      text: f.text,
      erased: false,
      ...(f.form ? { form: f.form } : {}),
    });
    if (c.closed) {
      c.closed = false;
      append(f.conversation, partyOf(who), { what: 'reopened', round: c.round + 1 });
      wait(c, c.queue, '');
    }
    return { number };
  },
  close(who, f) {
    const c = conversations.get(f.conversation);
    if (!c) return { reason: 'no_such_conversation' };
    const reason = who.role === 'customer' ? 'customer_left' : 'resolved';
    Object.assign(c, { closed: true, waiting: false });
    const number = append(f.conversation, partyOf(who), { what: 'closed', reason });
    more.afterWork(release, f.conversation);
    setTimeout(route, 100);
    return { number };
  },
  transfer(who, f) {
    const c = conversations.get(f.conversation);
    const queue = f.queue || c.queue;
    const body = { what: 'transferred', queue, agent: f.agent ?? '', round: c.round + 1 };
    const number = append(f.conversation, partyOf(who), body);
    release(f.conversation);
    wait(c, queue, f.agent ?? '');
    return { number };
  },
  availability(who, f) {
    const state = agents.get(who.id);
    Object.assign(state, { availability: f.availability, reason: f.reason ?? '', since: Date.now() });
    pushAgent(who.id);
    setTimeout(route, 100);
    return {};
  },
  accept(who, f) {
    const state = agents.get(who.id);
    const offer = state.offers.find((o) => o.contact === f.contact && o.round === f.round);
    if (!offer) return { reason: 'offer_over' };
    state.offers = state.offers.filter((o) => o !== offer);
    state.holding.push({ contact: f.contact, conversation: offer.conversation });
    Object.assign(conversations.get(offer.conversation), { waiting: false, offered: false, agent: who.id });
    pushAgent(who.id);
    append(
      offer.conversation,
      { kind: 'system', id: 'routing' },
      {
        what: 'assigned',
        agent: who.id,
        contact: f.contact,
      },
    );
    calls.assigned(offer.conversation, who.id);
    return {};
  },
  decline(who, f) {
    const offer = agents.get(who.id).offers.find((o) => o.contact === f.contact);
    return offer && unoffer(who.id, offer) ? {} : { reason: 'offer_over' };
  },
};

const more = extras({
  conversations,
  agents,
  sockets,
  tokens,
  ACCOUNTS,
  append,
  partyOf,
  send,
  pushAgent,
  release,
});
Object.assign(commands, more.commands);
const trade = shops();
const crm = customers(conversations, trade);
const work = cases();
const analysis = insight(work);
const language = words();
const calls = voice({
  conversations,
  agents,
  sockets,
  append,
  send,
  pushAgent,
  release,
  wait,
  commands,
});

function onFrame(socket, frame) {
  if (frame.type === 'hello') return hello(socket, frame);
  const who = socket.who;
  if (!who) return socket.close(4400);
  const command = commands[frame.type];
  if (command) {
    const result = command(who, frame);
    if (result.reason)
      return send(socket, { type: 'error', ref: frame.ref, message: '', retry: false, ...result });
    return send(socket, { type: 'done', ref: frame.ref, repeated: false, ...result });
  }
  if (frame.type === 'watch') return watch(socket, frame);
  if (frame.type === 'viewing') return more.viewing(socket, frame);
  if (frame.type === 'unwatch') socket.watches.delete(frame.conversation);
  if (frame.type === 'ping') send(socket, { type: 'pong' });
  if (frame.type === 'typing')
    for (const s of sockets)
      if (s !== socket && s.watches?.has(frame.conversation))
        send(s, { type: 'typing', conversation: frame.conversation, by: partyOf(who) });
  if (frame.type === 'read' || frame.type === 'delivered')
    setTimeout(() => append(frame.conversation, partyOf(who), { what: frame.type, up_to: frame.up_to }), 200);
}

function hello(socket, frame) {
  const who = tokens.get(frame.token);
  if (!who) {
    send(socket, { type: 'error', reason: 'bad_token', message: '', retry: false });
    return socket.close(4401);
  }
  Object.assign(socket, { who, watches: new Set() });
  const head = { protocol: 1, id: who.id, role: who.role, name: who.name ?? '', heartbeat_ms: HEARTBEAT };
  const sites = [...SITES].sort((a, b) => (b.name === socket.site) - (a.name === socket.site));
  send(socket, { type: 'welcome', ...head, site: socket.site, sites });
  if (agents.has(who.id)) send(socket, { type: 'agent', ...agents.get(who.id) });
  more.showNotices();
}

function watch(socket, frame) {
  const c = conversations.get(frame.conversation);
  if (!c)
    return send(socket, { type: 'error', ref: frame.ref, reason: 'no_such_conversation', retry: false });
  socket.watches.add(frame.conversation);
  send(socket, { type: 'done', ref: frame.ref, repeated: false });
  for (const event of c.events.slice(frame.after))
    send(socket, { type: 'event', conversation: frame.conversation, event: more.seenBy(socket.who, event) });
  more.place(socket, frame.conversation);
}

function summaries(query) {
  const list = [...conversations].map(([id, c]) => ({
    conversation: id,
    customer: c.customer,
    phase: c.closed ? 'closed' : c.waiting ? 'waiting' : 'assigned',
    agent: c.agent ?? '',
    queue: c.queue,
    last_number: c.events.length,
    last_at: c.events.at(-1).at,
    customer_name: c.name,
    preview: (c.events.filter((e) => e.what === 'message').at(-1)?.text ?? '').slice(0, 80),
    unread: 0,
  }));
  const wanted = (s) =>
    (!query.get('customer') || s.customer === query.get('customer')) &&
    (!query.get('agent') || s.agent === query.get('agent')) &&
    (query.get('closed') === 'true' || s.phase !== 'closed');
  return list.filter(wanted).sort((a, b) => b.last_at - a.last_at);
}

function issue(who) {
  const token = randomUUID();
  tokens.set(token, who);
  return { token, expires_at: Date.now() + 86_400_000 };
}

function api(site, method, url, body, who) {
  const path = url.pathname;
  if (path === '/readyz') return [200, {}];
  if (path === '/api/v1/sites') return [200, { site, sites: SITES }];
  if (method === 'POST' && path === '/api/v1/customers') {
    const customer_id = randomUUID();
    return [200, { ...issue({ id: customer_id, role: 'customer' }), customer_id }];
  }
  if (method === 'POST' && path === '/api/v1/sign-in') {
    const account = ACCOUNTS.find((a) => a.login === body.login && body.password === 'practice');
    if (!account) return [401, { reason: 'wrong_credentials', message: 'wrong' }];
    return [200, { ...issue(account), account }];
  }
  if (path === '/api/v1/conversations') return [200, { conversations: summaries(url.searchParams) }];
  const events = /^\/api\/v1\/conversations\/([^/]+)\/events$/.exec(path);
  if (events) return [200, { events: conversations.get(events[1])?.events ?? [] }];
  return (
    analysis.api(method, url, body, who) ??
    language.api(method, url, body) ??
    calls.api(method, url, body, who, site) ??
    crm.api(method, url, body, who) ??
    trade.api(method, url, body, who, (id) => crm.find(id)?.records[0]) ??
    work.api(method, url, body, who) ??
    more.api(method, url, body, who) ?? [404, { reason: 'no_such_page', message: path }]
  );
}

function page(url, response) {
  let file = join(DIST, normalize(url.pathname === '/' ? '/desk/' : url.pathname));
  if (/^\/gateway\/(gateway\.js)?$/.test(url.pathname))
    file = GATEWAY + (url.pathname.endsWith('.js') ? '.js' : '.html');
  if (existsSync(file) && statSync(file).isDirectory()) file = join(file, 'index.html');
  if (!existsSync(file)) return response.writeHead(404).end();
  response.setHeader('Content-Type', TYPES[extname(file)] ?? 'application/octet-stream');
  response.setHeader('Content-Security-Policy', CSP);
  createReadStream(file).pipe(response);
}

function startSite({ name, url }) {
  const server = createServer((request, response) => {
    const target = new URL(request.url, url);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader(
      'Access-Control-Allow-Headers',
      'authorization, content-type, x-file-name, x-message-id',
    );
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    if (!/^\/(api|readyz)/.test(target.pathname)) return page(target, response);
    const parts = [];
    request.on('data', (chunk) => parts.push(chunk));
    request.on('end', async () => {
      const raw = Buffer.concat(parts);
      const who = tokens.get((request.headers.authorization ?? '').replace('Bearer ', ''));
      if (/\/files(\/|$)/.test(target.pathname)) return more.files(request, response, target, raw, who);
      if (calls.sound(target, response)) return;
      const body = raw.length > 0 ? JSON.parse(String(raw)) : {};
      const [status, answer] = await api(name, request.method, target, body, who);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
    });
  });
  const web = new WebSocketServer({ server });
  web.on('connection', (socket, request) => {
    if (request.url === '/gateway') return calls.connect(socket);
    Object.assign(socket, { site: name });
    sockets.add(socket);
    const beat = setInterval(() => send(socket, { type: 'pong' }), HEARTBEAT * 0.8);
    socket.on('message', (data) => onFrame(socket, JSON.parse(String(data))));
    socket.on('close', () => {
      clearInterval(beat);
      sockets.delete(socket);
    });
  });
  server.listen(Number(new URL(url).port), '127.0.0.1');
  return () => {
    for (const s of sockets) if (s.site === name) s.terminate();
    server.close();
    server.closeAllConnections();
  };
}

const running = new Map(SITES.map((s) => [s.name, startSite(s)]));
createServer((request, response) => {
  const url = new URL(request.url, `http://127.0.0.1:${PORT}`);
  const name = url.searchParams.get('site');
  if (url.pathname === '/kill') {
    running.get(name)?.();
    running.delete(name);
  }
  if (url.pathname === '/start' && !running.has(name))
    running.set(name, startSite(SITES.find((s) => s.name === name)));
  if (url.pathname === '/meddle') crm.meddle(url.searchParams.get('field'), url.searchParams.get('value'));
  if (url.pathname === '/answer') answerLast(url.searchParams.get('text'));
  if (url.pathname === '/lose') trade.lose(Number(url.searchParams.get('count')));
  if (url.pathname.startsWith('/voice/'))
    return response
      .writeHead(200, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(calls.control(url)));
  response.end('ok\n');
}).listen(PORT, '127.0.0.1');
console.log(SITES.map((s) => `${s.name} ${s.url}`).join('\n'));
