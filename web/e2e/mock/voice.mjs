// Telephone calls of the stand-in: routes, the `call` frame, and a page that is the other end of the sound. See
// server.mjs; `npm run mock`, then open http://127.0.0.1:18102/gateway/ and
//   curl -X POST 'http://127.0.0.1:18100/voice/ring?number=%2B81312345678&name=山田&queue=support'
import { randomUUID } from 'node:crypto';
import { campaigns } from './voice-campaigns.mjs';
import { check, tryOut } from './voice-flows.mjs';
import { FLOWS, LOST, NUMBERS, pastCalls, pastRecording, TRUNKS, VOICEMAILS } from './voice-office.mjs';
import { SECONDS, tones } from './wav.mjs';

const ANSWERS_AFTER = 600;
const ENDED = { phase: 'ended' };

export function voice(center) {
  const { conversations, agents, sockets, append, send, pushAgent, release, wait, commands } = center;
  const calls = new Map();
  /** Joins, digits and who ever took part: for the tests. */
  const notes = new Map();
  const outbound = campaigns();
  const flows = structuredClone(FLOWS);
  let numbers = structuredClone(NUMBERS);
  let gateway = null;
  const asked = new Map();
  const system = { kind: 'system', id: 'telephony' };

  function push(call) {
    const { people } = notes.get(call.call);
    people.add(call.agent);
    for (const leg of call.legs) if (leg.id) people.add(leg.id);
    for (const s of sockets) if (people.has(s.who?.id)) send(s, { type: 'call', call });
  }

  function begin(change, queue, id = randomUUID()) {
    const customer = { leg: 0, kind: 'customer', via: 'trunk', state: 'connected' };
    const call = {
      call: id,
      conversation: id,
      direction: 'in',
      phase: 'queued',
      dialled: '+81120444555',
      route: 'フリーダイヤル',
      site: 'tokyo',
      moved: 0,
      started: Date.now(),
      agent: '',
      recording: 'on',
      held: false,
      queue,
      legs: [customer],
      answers: {},
      ...change,
    };
    calls.set(id, call);
    notes.set(id, { people: new Set(), joins: [], digits: '', orders: [] });
    const c = { events: [], customer: call.number, name: call.name ?? '', round: 0, offerRound: 0 };
    conversations.set(id, { ...c, channel: 'voice', queue });
    const body = { customer: call.number, queue, name: call.name ?? '', language: 'ja', channel: 'voice' };
    append(id, system, { what: 'opened', ...body });
    return call;
  }

  function ring(query) {
    const answers = { 用件: '返品', 注文番号: '8841' };
    const call = begin(
      { number: query.get('number') ?? '', name: query.get('name') ?? '', answers },
      query.get('queue'),
    );
    wait(conversations.get(call.call), query.get('queue'), query.get('agent') ?? '');
    return call;
  }

  const legOf = (call, id) => call.legs.find((leg) => leg.id === id && leg.state !== 'ended');
  function addLeg(call, leg) {
    call.legs.push({ leg: call.legs.length, via: 'browser', state: 'ringing', ...leg });
  }
  function endLegs(call, which) {
    for (const leg of call.legs) if (which(leg)) leg.state = 'ended';
  }

  function assigned(conversation, agent) {
    const call = calls.get(conversation);
    if (!call || call.phase === 'ended') return;
    endLegs(call, (leg) => leg.kind === 'agent');
    Object.assign(call, { agent, phase: call.phase === 'talking' ? 'talking' : 'connecting' });
    const own = legOf(call, agent);
    if (own) own.kind = 'agent';
    push(call);
  }

  function end(call) {
    endLegs(call, () => true);
    Object.assign(call, ENDED, { ended: Date.now(), recording: 'off' });
    cut(call.call);
    push(call);
    if (!conversations.get(call.conversation).closed)
      commands.close({ role: 'system', id: 'telephony' }, call);
  }

  const cut = (call) => gateway?.send(JSON.stringify({ do: 'cut', call }));

  async function join(call, who, sdp, site) {
    if (!gateway) return [503, { reason: 'unavailable' }];
    if (call.phase === 'ended') return [409, { reason: 'call_ended' }];
    const own = legOf(call, who.id);
    if (call.agent !== who.id && !own) return [403, { reason: 'not_your_call' }];
    const id = randomUUID();
    notes.get(call.call).joins.push({ site, who: who.id });
    gateway.send(JSON.stringify({ do: 'join', id, key: `${call.call} ${who.id}`, sdp }));
    const answer = await new Promise((then) => asked.set(id, then));
    if (!own) addLeg(call, { kind: 'agent', id: who.id });
    Object.assign(legOf(call, who.id), { state: 'connected' });
    if (call.direction === 'in' && call.phase === 'connecting')
      Object.assign(call, { phase: 'talking', answered: Date.now() });
    if (call.direction === 'out' && call.phase === 'connecting')
      setTimeout(() => picksUp(call), ANSWERS_AFTER);
    push(call);
    return [200, { sdp: answer, leg: legOf(call, who.id).leg }];
  }

  function picksUp(call) {
    if (call.phase !== 'connecting') return;
    call.legs[0].state = 'connected';
    Object.assign(call, { phase: 'talking', answered: Date.now() });
    push(call);
  }

  function dial(who, body) {
    if (calls.has(body.call)) return [200, { call: body.call }];
    if (outbound.never(body.to) && !body.even_so) return [409, { reason: 'do_not_call' }];
    const call = begin(
      { direction: 'out', phase: 'connecting', number: body.to },
      body.queue ?? 'support',
      body.call,
    );
    Object.assign(call, { agent: who.id, dialled: '+81120444555', route: '' });
    call.legs[0].state = 'ringing';
    const contact = `${call.call}.1`;
    agents.get(who.id).holding.push({ contact, conversation: call.call });
    Object.assign(conversations.get(call.call), { agent: who.id });
    append(call.call, system, { what: 'assigned', agent: who.id, contact });
    pushAgent(who.id);
    push(call);
    return [200, { call: call.call }];
  }

  function consult(call, to) {
    call.consulting = call.legs.length;
    if (to.agent) addLeg(call, { kind: 'consulted', id: to.agent });
    else {
      addLeg(call, { kind: 'outside', number: to.number, via: 'trunk' });
      setTimeout(() => {
        const outside = call.legs.find((leg) => leg.kind === 'outside' && leg.state === 'ringing');
        if (outside) outside.state = 'connected';
        push(call);
      }, ANSWERS_AFTER);
    }
  }

  const aside = (leg) => leg.kind === 'consulted' || leg.kind === 'outside';
  function complete(call) {
    const other = call.legs.find((leg) => aside(leg) && leg.state === 'connected');
    call.consulting = undefined;
    if (!other?.id) return end(call);
    release(call.call);
    const contact = `${call.call}.2`;
    agents.get(other.id).holding.push({ contact, conversation: call.call });
    append(call.call, system, { what: 'assigned', agent: other.id, contact });
    pushAgent(other.id);
    assigned(call.call, other.id);
  }

  function transfer(call, to, who, summary) {
    call.held = false;
    if (summary)
      append(
        call.call,
        { kind: 'agent', id: who.id },
        { what: 'note', message: randomUUID(), text: summary },
      );
    if (to.number) return end(call);
    endLegs(call, (leg) => leg.kind === 'agent');
    Object.assign(call, { agent: '', phase: 'queued' });
    commands.transfer(who, { conversation: call.call, queue: to.queue, agent: to.agent });
  }

  function supervise(call, who, mode) {
    const own = legOf(call, who.id);
    if (own) own.mode = mode;
    else addLeg(call, { kind: 'supervisor', id: who.id, mode });
  }

  function leave(call, who) {
    if (call.agent === who.id) return end(call);
    endLegs(call, (leg) => leg.id === who.id);
    if (!call.legs.some((leg) => aside(leg) && leg.state !== 'ended')) call.consulting = undefined;
  }

  function takeover(call, who) {
    commands.take(who, { conversation: call.call });
    assigned(call.call, who.id);
  }

  function act(call, who, order) {
    const known = notes.get(call.call);
    if (call.phase === 'ended') return [409, { reason: 'call_ended' }];
    if (known.orders.includes(order.id)) return [200, {}];
    known.orders.push(order.id);
    const deeds = {
      hold: () => Object.assign(call, { held: true }),
      resume: () => Object.assign(call, { held: false }),
      hangup: () => leave(call, who),
      record_pause: () => Object.assign(call, { recording: 'paused' }),
      record_resume: () => Object.assign(call, { recording: 'on' }),
      digits: () => Object.assign(known, { digits: known.digits + order.digits }),
      transfer: () => transfer(call, order.to, who, order.summary),
      consult: () => consult(call, order.to),
      consult_complete: () => complete(call),
      consult_cancel: () => {
        endLegs(call, aside);
        call.consulting = undefined;
      },
      conference: () => Object.assign(call, { held: false, consulting: undefined }),
      monitor: () => supervise(call, who, 'monitor'),
      whisper: () => supervise(call, who, 'whisper'),
      barge: () => supervise(call, who, 'barge'),
      takeover: () => takeover(call, who),
      stop_supervising: () => endLegs(call, (leg) => leg.id === who.id),
    };
    if (!deeds[order.do]) return [400, { reason: 'bad_frame' }];
    deeds[order.do]();
    push(call);
    return [200, {}];
  }

  function flowApi(method, id, body, who, changed) {
    if (id === 'check') return [200, { findings: check(body) }];
    if (id === 'try') return [200, { steps: tryOut(body.flow, body.inputs) }];
    const versions = flows.get(id) ?? [];
    if (method === 'PUT') {
      if (changed !== null && Number(changed) !== versions.length)
        return [409, { reason: 'changed_meanwhile' }];
      const version = versions.length + 1;
      flows.set(id, [...versions, { flow: { ...body, id, version }, at: Date.now(), changed_by: who.id }]);
      return [200, { version }];
    }
    const stored = (id, { flow, ...kept }) => ({ id, version: flow.version, ...kept, flow });
    if (!id) return [200, { flows: [...flows].map(([one, all]) => stored(one, all.at(-1))) }];
    if (versions.length === 0) return [404, { reason: 'no_such_flow' }];
    const all = versions.map((one) => stored(id, one));
    return [200, { ...all.at(-1), versions: all }];
  }

  function visibleTo(who) {
    const own = (call) => call.agent === who.id || legOf(call, who.id);
    return [...calls.values()].filter(
      (call) => call.phase !== 'ended' && (who.role === 'supervisor' || own(call)),
    );
  }

  /** `null` for what is not about telephones. */
  function api(method, url, body, who, site) {
    const [, , , first, id, last] = url.pathname.split('/').map(decodeURIComponent);
    if (first === 'flows') return flowApi(method, id, body, who, url.searchParams.get('version'));
    const told = outbound.api(method, first, id, last, url.searchParams, body, who);
    if (told) return told;
    if (first === 'numbers') {
      if (method === 'PUT') numbers = body;
      return [200, numbers];
    }
    if (first === 'trunks') return [200, { site, trunks: TRUNKS[site] }];
    if (first === 'lost-calls') return [200, { calls: LOST }];
    if (first === 'voicemails') return [200, { voicemails: VOICEMAILS }];
    if (first !== 'calls') return null;
    if (!id && method === 'POST') return dial(who, body);
    if (!id)
      return url.searchParams.has('live')
        ? [200, { calls: visibleTo(who) }]
        : pastCalls(who, url.searchParams.get('beyond') ?? '');
    const past = last === 'recording' ? pastRecording(id) : null;
    if (past) return past;
    const call = calls.get(id);
    if (!call) return [404, { reason: 'no_such_call' }];
    if (last === 'join') return join(call, who, body.sdp, site);
    if (last === 'do') return act(call, who, body);
    if (last === 'recording') {
      const complete = call.phase === 'ended';
      const part = { part: 0, started: call.answered, length_ms: SECONDS * 1_000, complete };
      return [200, { parts: call.answered ? [part] : [] }];
    }
    return [200, call];
  }

  /** Sounds, which are not JSON. */
  function sound(url, response) {
    if (!/^\/api\/v1\/calls\/.*\.wav$/.test(url.pathname)) return false;
    response.writeHead(200, { 'Content-Type': 'audio/wav' }).end(tones(2));
    return true;
  }

  function connect(socket) {
    gateway = socket;
    socket.on('message', (data) => {
      const { id, sdp } = JSON.parse(String(data));
      asked.get(id)?.(sdp);
      asked.delete(id);
    });
    socket.on('close', () => {
      if (gateway === socket) gateway = null;
    });
  }

  /** Orders of a test, by the control door. */
  function control(url) {
    const query = url.searchParams;
    const [, , what] = url.pathname.split('/');
    if (what === 'ring') return ring(query);
    const call = calls.get(query.get('call')) ?? [...calls.values()].at(-1);
    if (what === 'cut') cut(call.call);
    if (what === 'end') end(call);
    if (what === 'move') {
      cut(call.call);
      Object.assign(call, { moved: call.moved + 1, site: query.get('site') });
      push(call);
    }
    return { ...call, ...notes.get(call.call), people: [] };
  }

  return { api, sound, connect, control, assigned };
}
