import { ApiError, type Call, type Request, type Site } from '@madoguchi/shared';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { MicrophoneProblem } from './core.ts';
import { type Center, Phone } from './phone.ts';
import type { Sound } from './sound.ts';

const SITES: Site[] = ['tokyo', 'osaka'].map((name) => ({ name, url: `http://${name}` }));
const call = (change: Partial<Call> = {}): Call => ({
  call: 'c1',
  conversation: 'c1',
  direction: 'in',
  phase: 'connecting',
  number: '+81312345678',
  dialled: '',
  site: 'tokyo',
  moved: 0,
  started: 0,
  agent: 'sato',
  held: false,
  recording: 'on',
  legs: [],
  ...change,
});

interface Asked extends Request {
  sites: string[];
}
let asked: Asked[];
let told: string[];
let answer: (request: Request) => unknown;

const center: Center = {
  call: async <T>(request: Request, sites: readonly Site[] = SITES) => {
    asked.push({ ...request, sites: sites.map((site) => site.name) });
    return answer(request) as T;
  },
  sites: () => SITES,
  tell: (reason) => void told.push(reason),
  view: () => ({ preferences: { sound: true } }),
};

/** A browser's sound that connects when the test says so. */
class FakeSound implements Sound {
  static last: FakeSound;
  problem: MicrophoneProblem | null = null;
  muted = false;
  kept = 0;
  open = new Set<number>();
  connect: (attempt?: number) => void = () => {};

  constructor() {
    FakeSound.last = this;
  }

  openMicrophone = async () => this.problem;
  mute = (muted: boolean) => {
    this.muted = muted;
  };
  keepOnly = (attempt: number) => {
    this.open = new Set([attempt]);
    this.kept = attempt;
  };
  drop = (attempt: number) => void this.open.delete(attempt);
  release = () => this.open.clear();
  play = async () => true;
  quality = async () => null;
  changeDevices = async () => {};

  async join(attempt: number, { exchange, onState }: Parameters<Sound['join']>[1]): Promise<void> {
    this.open.add(attempt);
    this.connect = () => onState('connected');
    await exchange('offer');
  }
}

const phone = () => {
  const made = new Phone(center, () => new FakeSound());
  made.start('sato');
  return made;
};
const settle = () => vi.advanceTimersByTimeAsync(0);
const of = (path: string) => asked.filter((request) => request.path.endsWith(path));

async function talking(): Promise<Phone> {
  const made = phone();
  made.hear({ kind: 'call', call: call() });
  await settle();
  FakeSound.last.connect();
  return made;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('addEventListener', () => {});
  vi.stubGlobal('removeEventListener', () => {});
  asked = [];
  told = [];
  answer = (request) => (request.path.endsWith('live=1') ? { calls: [] } : { sdp: 'answer' });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('joins what is assigned, one site a try, and goes to the next site when that one is silent', async () => {
  answer = () => {
    throw new ApiError('unreachable', 0, '');
  };
  const made = phone();
  made.hear({ kind: 'call', call: call() });
  await settle();
  await vi.advanceTimersByTimeAsync(250);
  expect(of('/join').map((request) => request.sites)).toEqual([['tokyo'], ['osaka']]);
  expect(made.view().phone.phase).toBe('joining');
  answer = () => ({ sdp: 'answer' });
  await vi.advanceTimersByTimeAsync(500);
  FakeSound.last.connect();
  expect([made.view().phone.phase, FakeSound.last.kept]).toEqual(['connected', 3]);
});

it('sends a site one try after the other, and none that a newer one has replaced', async () => {
  const made = await talking();
  const waiting: (() => void)[] = [];
  answer = () => new Promise((resume) => waiting.push(() => resume({ sdp: 'answer' })));
  const before = of('/join').length;
  const moved = (times: number) => made.hear({ kind: 'call', call: call({ moved: times }) });
  moved(1);
  await settle();
  moved(2);
  moved(3);
  await settle();
  expect(of('/join').length - before).toBe(1);
  waiting[0]?.();
  await settle();
  // The second was not sent: the third is the one that is wanted.
  expect([of('/join').length - before, waiting.length]).toEqual([2, 2]);
  waiting[1]?.();
  await settle();
  expect(of('/join').length - before).toBe(2);
  moved(4);
  await settle();
  moved(5);
  made.hear({ kind: 'call', call: call({ phase: 'ended' }) });
  waiting[2]?.();
  await settle();
  expect(of('/join').length - before).toBe(3);
});

it('asks for the calls that stood before its link was up', async () => {
  const made = phone();
  answer = (request) => (request.path.endsWith('live=1') ? { calls: [call()] } : { sdp: 'answer' });
  const frame = { type: 'welcome', site: 'tokyo' } as never;
  made.hear({ kind: 'welcome', frame });
  await settle();
  expect(of('/join')).toHaveLength(1);
});

it('asks again under the same id until a deed has an answer', async () => {
  const made = await talking();
  let failures = 2;
  answer = () => {
    failures -= 1;
    if (failures >= 0) throw new ApiError('unavailable', 503, '');
    return {};
  };
  const done = made.do('c1', 'hold');
  expect([...made.view().doing]).toEqual(['hold']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await done).toBe(true);
  const ids = of('/do').map((request) => (request.body as { id: string }).id);
  expect([ids.length, new Set(ids).size, made.view().doing.size]).toEqual([3, 1, 0]);
});

it('tells a refusal at once, and asks no more', async () => {
  const made = await talking();
  answer = () => {
    throw new ApiError('wrong_state', 409, '');
  };
  expect(await made.do('c1', 'hold')).toBe(false);
  expect([told, of('/do').length]).toEqual([['wrong_state'], 1]);
});

it('sends digits one after the other', async () => {
  const made = await talking();
  const waiting: (() => void)[] = [];
  answer = () => new Promise<void>((resume) => waiting.push(() => resume()));
  made.press('c1', '1');
  made.press('c1', '2');
  await settle();
  expect(of('/do')).toHaveLength(1);
  waiting[0]?.();
  await settle();
  expect(of('/do').map((request) => (request.body as { digits: string }).digits)).toEqual(['1', '2']);
});

it('dials once: every try has the same call', async () => {
  const made = phone();
  let failures = 1;
  answer = (request) => {
    if (request.path !== '/api/v1/calls') return { sdp: 'answer' };
    failures -= 1;
    if (failures >= 0) throw new ApiError('unreachable', 0, '');
    return {};
  };
  const done = made.dial('+81312345678', 'support');
  await vi.advanceTimersByTimeAsync(300);
  expect(await done).toBe(true);
  const [first, second] = of('/calls').map((request) => request.body);
  expect(second).toEqual(first);
  expect(first).toMatchObject({ to: '+81312345678', queue: 'support', call: made.view().phone.call });
});

it('dials a number on the do-not-call list only when the person says so', async () => {
  const made = phone();
  answer = (request) => {
    const body = request.body as { even_so?: boolean } | undefined;
    if (request.path === '/api/v1/calls' && !body?.even_so) throw new ApiError('do_not_call', 409, '');
    return { sdp: 'answer' };
  };
  const barred = { to: '+81312345678', queue: 'support', conversation: 'v1' };
  expect(await made.dial(barred.to, barred.queue, barred.conversation)).toBe(false);
  expect([made.view().barred, told]).toEqual([barred, []]);
  await made.dialEvenSo(false);
  expect([made.view().barred, of('/calls').length]).toEqual([null, 1]);
  await made.dial(barred.to, barred.queue, barred.conversation);
  await made.dialEvenSo(true);
  expect(of('/calls').at(-1)?.body).toMatchObject({ ...barred, even_so: true });
  expect([made.view().barred, made.view().phone.call !== '']).toEqual([null, true]);
});

it('hangs up the own call, and only leaves the one it listens to', async () => {
  const made = await talking();
  made.mute(true);
  made.hangUp();
  await settle();
  expect(of('/do').map((request) => request.body)).toMatchObject([{ do: 'hangup' }]);
  expect([made.view().muted, FakeSound.last.open.size]).toEqual([false, 0]);
  const leg = { leg: 2, kind: 'supervisor', id: 'sato', via: 'browser', state: 'connected' } as const;
  await made.supervise('c2', 'monitor');
  made.hear({ kind: 'call', call: call({ call: 'c2', agent: 'smith', legs: [leg] }) });
  made.hangUp();
  await settle();
  expect(of('/do').map((request) => (request.body as { do: string }).do)).toEqual([
    'hangup',
    'monitor',
    'stop_supervising',
  ]);
});

it('gives the microphone back when the call is over before the person allowed it', async () => {
  const made = phone();
  made.hear({ kind: 'call', call: call() });
  made.hear({ kind: 'call', call: call({ phase: 'ended' }) });
  await settle();
  expect([made.view().phone.phase, of('/join').length, made.view().calls]).toEqual(['ended', 0, {}]);
});

it('forgets everything when the person signs out', async () => {
  const made = await talking();
  made.stop();
  expect([made.view().phone.phase, made.view().calls, FakeSound.last.open.size]).toEqual(['idle', {}, 0]);
  made.hear({ kind: 'call', call: call() });
  expect(made.view().phone.phase).toBe('idle');
});
