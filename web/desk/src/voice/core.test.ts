import type { Call, CallLeg } from '@madoguchi/shared';
import { expect, it } from 'vitest';
import { type Effect, type Input, LIMITS, PhoneCore } from './core.ts';

const ME = 'sato';
const leg = (change: Partial<CallLeg>): CallLeg => ({
  leg: 1,
  kind: 'agent',
  id: ME,
  via: 'browser',
  state: 'connected',
  ...change,
});
const call = (id: string, change: Partial<Call> = {}): Call => ({
  call: id,
  conversation: id,
  direction: 'in',
  phase: 'connecting',
  number: '+81312345678',
  dialled: '+81120000000',
  site: 'tokyo',
  moved: 0,
  started: 0,
  agent: ME,
  held: false,
  recording: 'on',
  legs: [leg({ leg: 0, kind: 'customer', id: '', via: 'trunk' })],
  ...change,
});

class Run {
  readonly core = new PhoneCore(ME);
  now = 0;
  last: Effect[] = [];

  do(...inputs: Input[]): this {
    for (const input of inputs) this.last = this.core.step(input, this.now);
    return this;
  }

  /** Lets time pass to the deadline. */
  due(): this {
    this.now = this.core.deadline();
    return this.do({ kind: 'timer' });
  }

  kinds(): string[] {
    return this.last.map((effect) => effect.kind);
  }

  get attempt(): number {
    const join = this.last.find((effect) => effect.kind === 'join');
    if (join === undefined) throw new Error(`no join among ${this.kinds().join()}`);
    return join.attempt;
  }

  connected(id = 'c1', change: Partial<Call> = {}): number {
    this.do({ kind: 'call', call: call(id, change) }, { kind: 'microphone', problem: null });
    const { attempt } = this;
    this.do({ kind: 'link', attempt, state: 'connected' });
    return attempt;
  }
}

it('connects to a call that is assigned to the person, and to no other', () => {
  const run = new Run();
  run.do({ kind: 'call', call: call('other', { agent: 'smith' }) });
  expect([run.kinds(), run.core.phone().phase]).toEqual([[], 'idle']);
  run.do({ kind: 'call', call: call('c1') });
  expect([run.kinds(), run.core.phone().phase]).toEqual([['askMicrophone'], 'asking']);
  run.do({ kind: 'microphone', problem: null });
  expect(run.last).toEqual([{ kind: 'join', call: 'c1', attempt: 1 }]);
  run.do({ kind: 'link', attempt: 1, state: 'connected' });
  expect([run.last, run.core.phone().phase]).toEqual([[{ kind: 'keepOnly', attempt: 1 }], 'connected']);
  expect(run.core.deadline()).toBe(Number.POSITIVE_INFINITY);
});

it('leaves a call to the SIP phone that has it', () => {
  const run = new Run();
  run.do({ kind: 'call', call: call('c1', { legs: [leg({ via: 'phone', state: 'ringing' })] }) });
  expect(run.core.phone().phase).toBe('idle');
});

it('says what is wrong with the microphone, asks no more by itself, and tries again at a wish', () => {
  const run = new Run();
  run.do({ kind: 'call', call: call('c1') }, { kind: 'microphone', problem: 'microphone_refused' });
  expect(run.core.phone()).toMatchObject({ phase: 'ended', reason: 'microphone_refused' });
  run.do({ kind: 'call', call: call('c1') });
  expect(run.core.phone().phase).toBe('ended');
  run.do({ kind: 'want', call: 'c1' });
  expect(run.core.phone().phase).toBe('asking');
  run.do(
    { kind: 'microphone', problem: 'microphone_refused' },
    { kind: 'call', call: call('c1', { phase: 'ended' }) },
  );
  expect(run.due().core.phone().phase).toBe('idle');
});

it('waits longer from try to try while the center refuses, and begins anew at once when the site changes', () => {
  const run = new Run();
  run.do(
    { kind: 'site', name: 'tokyo' },
    { kind: 'call', call: call('c1') },
    { kind: 'microphone', problem: null },
  );
  const waits: number[] = [];
  for (let i = 0; i < 5; i += 1) {
    run.do({ kind: 'refused', attempt: run.attempt, reason: 'unavailable', final: false });
    waits.push(run.core.deadline() - run.now);
    run.due();
  }
  expect(waits).toEqual([250, 500, 1_000, 2_000, 2_000]);
  const old = run.attempt;
  run.do({ kind: 'site', name: 'osaka' });
  expect(run.attempt).toBe(old + 1);
  run.do({ kind: 'refused', attempt: old, reason: 'forbidden', final: true });
  expect(run.core.phone().phase).toBe('joining');
});

it('gives a try that never sounds up', () => {
  const run = new Run();
  run.do({ kind: 'call', call: call('c1') }, { kind: 'microphone', problem: null });
  const first = run.attempt;
  run.due();
  expect([run.now, run.last]).toEqual([LIMITS.attempt, [{ kind: 'drop', attempt: first }]]);
  expect(run.due().attempt).toBe(first + 1);
});

it('makes a failed link anew at once, and a stuttering one after a moment', () => {
  const run = new Run();
  const first = run.connected();
  run.do({ kind: 'link', attempt: first, state: 'disconnected' });
  expect(run.core.phone().phase).toBe('connected');
  run.do({ kind: 'link', attempt: first, state: 'connected' });
  expect(run.core.deadline()).toBe(Number.POSITIVE_INFINITY);
  run.do({ kind: 'link', attempt: first, state: 'disconnected' }).due();
  expect([run.now, run.core.phone().phase, run.core.phone().cause]).toEqual([2_000, 'reconnecting', 'link']);
  const second = run.attempt;
  run.do({ kind: 'link', attempt: second, state: 'connected' });
  run.do({ kind: 'link', attempt: first, state: 'failed' });
  expect(run.core.phone().phase).toBe('connected');
  run.do({ kind: 'link', attempt: second, state: 'failed' });
  expect(run.attempt).toBe(second + 1);
});

it('follows the call to another gateway, and keeps the old link until the new one sounds', () => {
  const run = new Run();
  run.connected();
  run.now = 700;
  run.do({ kind: 'call', call: call('c1', { moved: 1, site: 'osaka' }) });
  expect(run.kinds()).toEqual(['join']);
  expect(run.core.phone()).toMatchObject({ phase: 'reconnecting', cause: 'gateway', movedAt: 700 });
  run.do({ kind: 'link', attempt: run.attempt, state: 'connected' });
  expect(run.kinds()).toEqual(['keepOnly']);
  run.do({ kind: 'call', call: call('c1', { moved: 1, site: 'osaka' }) });
  expect(run.kinds()).toEqual([]);
});

it('joins anew when the socket comes to another site, not when it comes back to the same one', () => {
  const run = new Run();
  run.do({ kind: 'site', name: 'tokyo' });
  run.connected();
  run.do({ kind: 'site', name: 'tokyo' });
  expect(run.kinds()).toEqual([]);
  run.do({ kind: 'site', name: 'osaka' });
  expect([run.kinds(), run.core.phone().cause]).toEqual([['join'], 'site']);
});

it('bears that nobody owns the call for a while, but not for ever', () => {
  const run = new Run();
  run.connected();
  run.do({ kind: 'site', name: 'tokyo' }, { kind: 'site', name: 'osaka' });
  const began = run.now;
  while (run.core.phone().phase === 'reconnecting') {
    run.do({ kind: 'refused', attempt: run.attempt, reason: 'no_such_call', final: true });
    if (run.core.phone().phase === 'reconnecting') run.due();
  }
  expect(run.core.phone()).toMatchObject({ phase: 'ended', reason: 'no_such_call' });
  expect(run.now - began).toBeGreaterThanOrEqual(LIMITS.unknown);
});

it('ends with the call, also when it goes to a colleague, and comes back with it', () => {
  const run = new Run();
  run.connected();
  run.do({ kind: 'call', call: call('c1', { agent: 'smith' }) });
  expect([run.kinds(), run.core.phone().reason]).toEqual([['release'], 'over']);
  run.do({ kind: 'call', call: call('c1') });
  expect(run.core.phone().phase).toBe('asking');
});

it('hangs up at once, and does not join again before the center knows', () => {
  const run = new Run();
  run.connected();
  run.do({ kind: 'hangUp' });
  expect(run.last).toEqual([{ kind: 'hangUp', call: 'c1' }, { kind: 'release' }]);
  run.do({ kind: 'call', call: call('c1') }, { kind: 'site', name: 'a' }, { kind: 'site', name: 'b' });
  expect([run.kinds(), run.core.phone().phase]).toEqual([[], 'ended']);
  expect(run.due().core.phone().phase).toBe('idle');
});

it('has one call at a time: the next waits until this one is over', () => {
  const run = new Run();
  run.connected();
  run.do({ kind: 'call', call: call('c2') }, { kind: 'want', call: 'c2' });
  expect(run.core.phone().call).toBe('c1');
  run.do({ kind: 'hangUp' });
  expect(run.core.phone()).toMatchObject({ phase: 'asking', call: 'c2' });
});

it('joins what it wants before the center has shown it, and stays until it has shown and taken away', () => {
  const run = new Run();
  run.do({ kind: 'want', call: 's1' }, { kind: 'microphone', problem: null });
  run.do({ kind: 'link', attempt: run.attempt, state: 'connected' });
  const others = { agent: 'smith' };
  run.do({ kind: 'call', call: call('s1', others) });
  expect(run.core.phone().phase).toBe('connected');
  run.do({
    kind: 'call',
    call: call('s1', { ...others, legs: [leg({ kind: 'supervisor', mode: 'monitor' })] }),
  });
  run.do({
    kind: 'call',
    call: call('s1', { ...others, legs: [leg({ kind: 'supervisor', state: 'ended' })] }),
  });
  expect(run.core.phone()).toMatchObject({ phase: 'ended', reason: 'over' });
});

it('tries at once when the device is back on a network', () => {
  const run = new Run();
  run.do({ kind: 'link', attempt: run.connected(), state: 'failed' });
  run.do({ kind: 'refused', attempt: run.attempt, reason: 'unreachable', final: false });
  run.do({ kind: 'wake' });
  expect(run.kinds()).toEqual(['join']);
});

it('holds its promises through anything', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    let state = seed;
    const random = (n: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * n);
    };
    const run = new Run();
    const open = new Set<number>();
    let latest = 0;
    for (let i = 0; i < 120; i += 1) {
      const id = `c${random(3)}`;
      const change: Partial<Call> = {
        phase: random(5) === 0 ? 'ended' : 'talking',
        agent: random(3) === 0 ? 'smith' : ME,
        moved: random(3),
      };
      const inputs: Input[] = [
        { kind: 'call', call: call(id, change) },
        { kind: 'want', call: id },
        { kind: 'microphone', problem: random(4) === 0 ? 'microphone_missing' : null },
        { kind: 'refused', attempt: latest, reason: 'no_such_call', final: random(2) === 0 },
        { kind: 'link', attempt: latest - random(2), state: 'connected' },
        { kind: 'link', attempt: latest, state: 'failed' },
        { kind: 'site', name: `s${random(2)}` },
        { kind: 'wake' },
        { kind: 'hangUp' },
        { kind: 'timer' },
        { kind: 'stop' },
      ];
      const input = inputs[random(inputs.length)];
      run.now += random(900);
      if (input) run.do(input);
      for (const effect of run.last) {
        if (effect.kind === 'join') {
          expect(effect.attempt).toBeGreaterThan(latest);
          expect(effect.call).toBe(run.core.phone().call);
          latest = effect.attempt;
          open.add(latest);
        }
        if (effect.kind === 'drop') open.delete(effect.attempt);
        if (effect.kind === 'release') open.clear();
        if (effect.kind === 'keepOnly') for (const one of open) if (one !== effect.attempt) open.delete(one);
      }
      const { phase } = run.core.phone();
      if (phase === 'connected') expect([...open]).toEqual([latest]);
      if (phase === 'idle' || phase === 'ended' || phase === 'asking') expect(open.size).toBe(0);
      if (phase === 'joining' || phase === 'reconnecting')
        expect(run.core.deadline()).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  }
});
