// Flows, numbers, trunks and lists of the stand-in. See voice.mjs.
const say = (ja, en) => ({ ja: { text: ja }, en: { text: en } });

const MAIN = {
  id: 'main',
  version: 1,
  name: '代表番号',
  language: 'ja',
  start: 'hello',
  nodes: {
    hello: {
      kind: 'play',
      sound: say('青空ストアでございます。', 'This is Aozora Store.'),
      interruptible: true,
      then: 'open',
    },
    open: { kind: 'hours', calendar: 'day', open: 'topic', closed: 'late' },
    topic: {
      kind: 'menu',
      prompt: say('ご注文は1、返品は2を押してください。', 'For orders press 1, for returns press 2.'),
      choices: { 1: 'orders', 2: 'number' },
      retries: 2,
      wait_ms: 5_000,
      on_none: 'orders',
      on_wrong: 'orders',
    },
    number: {
      kind: 'collect',
      prompt: say('ご注文番号を押してください。', 'Please enter your order number.'),
      min: 4,
      max: 8,
      terminator: '#',
      confirm: false,
      retries: 2,
      wait_ms: 5_000,
      into: 'order',
      then: 'returns',
      on_fail: 'orders',
    },
    orders: { kind: 'queue', queue: 'support', priority: 0, comfort: [], every_ms: 30_000, say_place: true },
    returns: { kind: 'queue', queue: 'returns', priority: 0, comfort: [], every_ms: 30_000, say_place: true },
    late: {
      kind: 'voicemail',
      greeting: say('本日は終了しました。ご用件をお話しください。', 'We are closed. Please leave a message.'),
      max_s: 60,
      mailbox: 'night',
    },
  },
};

const NIGHT = {
  id: 'night',
  version: 1,
  name: '夜間',
  language: 'ja',
  start: 'bye',
  nodes: { bye: { kind: 'hangup', sound: say('明日おかけ直しください。', 'Please call again tomorrow.') } },
};

const DAY = 86_400_000;
const version = (flow) => ({ flow, at: Date.now() - DAY, changed_by: 'chief' });
export const FLOWS = new Map([
  ['main', [version(MAIN)]],
  ['night', [version(NIGHT)]],
]);

export const NUMBERS = [
  { number: '+81120444555', flow: 'main', name: 'フリーダイヤル' },
  { number: '+81312345678', flow: 'night', name: '本社代表' },
];

export const TRUNKS = {
  tokyo: [{ trunk: 'carrier-a', up: true, calls: 3, limit: 30, refused: 0 }],
  osaka: [{ trunk: 'carrier-b', up: false, calls: 0, limit: 30, refused: 4 }],
};

const lost = (id, change) => ({
  call: id,
  conversation: id,
  direction: 'in',
  phase: 'ended',
  name: '',
  dialled: '+81120444555',
  route: 'carrier-a',
  site: 'tokyo',
  moved: 0,
  started: Date.now() - 780_000,
  ended: Date.now() - 720_000,
  end: 'lost',
  held: false,
  recording: 'off',
  legs: [],
  answers: {},
  agent: '',
  ...change,
});
export const LOST = [
  lost('lost-1', { number: '+819012345678', name: '山田 花子', queue: 'returns', agent: 'sato' }),
  lost('lost-2', { number: '', queue: 'support', ended: Date.now() - 4_000_000 }),
];

export const VOICEMAILS = [
  {
    call: 'vm-1',
    part: 1000,
    number: '+81661234567',
    name: '鈴木 一郎',
    mailbox: 'night',
    at: Date.now() - 30_000_000,
    called_back: Date.now() - 60_000,
    called_back_by: 'sato',
    length_ms: 12_000,
  },
];

const ENDS = ['customer', 'agent', 'flow', 'transferred'];
const talked = (n) => n % 4 !== 2;
/** Sixty calls that are over, newest first, every other one of sato's. */
const PAST = Array.from({ length: 60 }, (_, n) => {
  const started = Date.now() - 3_600_000 * (n + 1);
  const answer = talked(n) ? { answered: started + 20_000, agent: n % 2 === 0 ? 'sato' : 'tanaka' } : {};
  return lost(`past-${n}`, {
    direction: n % 5 === 3 ? 'out' : 'in',
    number: n % 7 === 6 ? '' : `+8190123400${String(n).padStart(2, '0')}`,
    name: n % 3 === 0 ? '山田 花子' : '',
    queue: 'support',
    started,
    ended: started + 20_000 + 1_000 * (n + 65),
    end: ENDS[n % 4],
    ...answer,
  });
});

/** A page of them, and where the older ones begin. */
export function pastCalls(who, beyond, limit = 50) {
  const all = PAST.filter((call) => who.role === 'supervisor' || call.agent === who.id);
  const from = beyond === '' ? 0 : all.findIndex((call) => call.call === beyond) + 1;
  const calls = all.slice(from, from + limit);
  const older = from + limit < all.length ? { older: calls.at(-1).call } : {};
  return [200, { calls, ...older }];
}

/** The recording of one of them; `null`: it is none. */
export function pastRecording(id) {
  const call = PAST.find((one) => one.call === id);
  if (!call) return null;
  const part = { part: 0, started: call.answered, length_ms: 12_000, complete: true };
  return [200, { parts: call.answered ? [part] : [] }];
}
