/** A real call: a telephone calls in, an agent answers in the browser, the site dies, the talk goes on. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { call, events, signIn, uuid } from '@madoguchi/shared';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, launch, picture, watch } from './support/browser.ts';
import { center, control, ready } from './support/center.ts';
import { Phone, share, toneFile } from './support/phone.ts';

const CALLER_HZ = 700;
const AGENT_HZ = 1_200;
const OUTSIDE_HZ = 450;
const NUMBER = '0312345678';
/** Who has that number, as the center knows it. */
const NAME = '柏木 桜';
const OUTSIDE = '+81450000000';
const SITES = [
  { name: 'tokyo', url: center.tokyo },
  { name: 'osaka', url: center.osaka },
];
/** SIP listens beside the door: docs/operating.md has the ports of a practice center. */
const SIP = Number(new URL(center.tokyo).port) + 17;

interface Call {
  call: string;
  phase: string;
  site: string;
  moved: number;
  legs: { kind: string; state: string }[];
}

let browser: Browser;
let page: Page;
let caller: Phone;
let carrier: Phone;
let token: string;
let id = '';

/** The share of a tone in what the desk plays now. */
function atTheDesk(hz: number): Promise<number> {
  return page.evaluate(async (wanted) => {
    const heard = (window as unknown as { heard?: AnalyserNode }).heard;
    if (heard === undefined) return 0;
    const bins = new Float32Array(heard.frequencyBinCount);
    await new Promise((later) => setTimeout(later, 400));
    heard.getFloatFrequencyData(bins);
    const power = bins.map((db) => 10 ** (db / 10));
    const width = heard.context.sampleRate / heard.fftSize;
    const all = power.reduce((sum, one) => sum + one, 0);
    const near = power.filter((_, bin) => Math.abs(bin * width - wanted) < 2 * width + 10);
    return all === 0 ? 0 : near.reduce((sum, one) => sum + one, 0) / all;
  }, hz);
}

async function until(what: string, seen: () => Promise<boolean>, patience = 60_000): Promise<void> {
  const end = Date.now() + patience;
  while (!(await seen().catch(() => false))) {
    if (Date.now() > end) throw new Error(`${what} was not seen within ${patience / 1_000} s`);
    await new Promise((later) => setTimeout(later, 200));
  }
}

async function now(): Promise<Call> {
  return call<Call>(SITES, { path: `/api/v1/calls/${id}`, token });
}

async function recorded(): Promise<{ part: number; length_ms: number }[]> {
  const path = `/api/v1/calls/${id}/recording`;
  return (await call<{ parts: { part: number; length_ms: number }[] }>(SITES, { path, token })).parts;
}

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  token = (await signIn(SITES, center.supervisor, center.password)).token;
  const flow = {
    id: 'direct',
    name: '',
    language: 'ja',
    start: 'who',
    nodes: {
      who: {
        kind: 'lookup',
        what: 'customer',
        by: 'caller',
        into: 'customer',
        found: 'menu',
        missing: 'menu',
      },
      menu: {
        kind: 'menu',
        prompt: { ja: { text: '一を押してください。' } },
        choices: { '1': 'wait' },
        retries: 2,
        wait_ms: 9000,
        on_none: 'wait',
        on_wrong: 'wait',
      },
      wait: { kind: 'queue', queue: 'phone' },
    },
  };
  await call(SITES, { method: 'PUT', path: '/api/v1/flows/direct', token, body: flow });
  await call(SITES, {
    method: 'PUT',
    path: '/api/v1/numbers',
    token,
    body: [{ number: '0120999999', flow: 'direct', name: '' }],
  });
  const hum = toneFile(join(mkdtempSync(join(tmpdir(), 'madoguchi-hum-')), 'hum.wav'), AGENT_HZ, 60, 48_000);
  browser = await launch([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-audio-capture=${hum}`,
    '--autoplay-policy=no-user-gesture-required',
  ]);
  const context = await browser.newContext({
    viewport: DESK,
    locale: 'ja-JP',
    permissions: ['microphone'],
  });
  await context.addInitScript(() => {
    // Whatever a player of the page is given is listened to: not what arrives, but what the agent hears.
    const plain = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
    Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
      ...plain,
      set(this: HTMLMediaElement, stream: MediaStream | null) {
        plain?.set?.call(this, stream);
        if (stream === null) return;
        const sound = new AudioContext();
        const heard = sound.createAnalyser();
        heard.fftSize = 8_192;
        heard.smoothingTimeConstant = 0;
        sound.createMediaStreamSource(stream).connect(heard);
        (window as unknown as { heard: AnalyserNode }).heard = heard;
      },
    });
  });
  page = await watch(await context.newPage());
  await page.goto(`${center.tokyo}/desk/`);
  await page.locator('input[name=login]').fill('agent2');
  await page.locator('input[name=password]').fill(center.password);
  await page.keyboard.press('Enter');
  await page.locator('.header').waitFor();
  await page.keyboard.press('Alt+s');
  await page.getByRole('menuitem', { name: '受付可' }).click();
  await page.locator('button.state.ready').waitFor();
  const known = {
    change: uuid(),
    fields: { name: NAME, note: '左利き用をご希望。' },
    identities: [{ kind: 'phone', namespace: '', value: NUMBER }],
  };
  await call(SITES, { method: 'POST', path: '/api/v1/prospects', token, body: known });
  carrier = new Phone({ port: 5060, user: OUTSIDE, hz: OUTSIDE_HZ, answers: true });
  caller = new Phone({ port: SIP + 2_000, user: NUMBER, hz: CALLER_HZ });
  await Promise.all([caller.ready(), carrier.ready()]);
});

afterAll(async () => {
  await control('start-site', 'tokyo').catch(() => {});
  await caller?.off();
  await carrier?.off();
  await browser?.close();
});

describe('a call', () => {
  it('comes in, passes the menu by a key, and pops up with who calls', async () => {
    await caller.type(`/dial sip:0120999999@127.0.0.1:${SIP}`);
    await until('the call in the menu', async () => {
      const { calls } = await call<{ calls: Call[] }>(SITES, { path: '/api/v1/calls?live=1', token });
      id = calls[0]?.call ?? '';
      return calls[0]?.legs[0]?.state === 'connected';
    });
    await new Promise((later) => setTimeout(later, 1_000));
    await caller.type('1');
    await page.locator('.offer', { hasText: '03-1234-5678' }).waitFor();
    // Who has this number is on the screen before the answer.
    await page.locator('.offer .who', { hasText: NAME }).waitFor();
    await picture(page, 'desk-voice-offer-ja-1280');
  });

  it('is answered in the browser, and both hear each other', async () => {
    await page.locator('.offer').getByRole('button', { name: '受ける' }).click();
    await until('the talk', async () => (await now()).phase === 'talking');
    // The flow had looked the caller up.
    await page.locator('.call-facts', { hasText: `customer.name: ${NAME}` }).waitFor();
    await until('the caller’s tone at the desk', async () => (await atTheDesk(CALLER_HZ)) > 0.5);
    await until(
      'four seconds of the recording',
      async () => ((await recorded())[0]?.length_ms ?? 0) >= 4_000,
    );
    await picture(page, 'desk-voice-talk-ja-1280');
  });

  it('goes on at the other site when its own is killed', async () => {
    // It is told for some seconds only.
    const news = page.getByText('そのまま話せます').waitFor();
    await control('kill-site', 'tokyo');
    await until('the takeover', async () => {
      const { moved, legs } = await now();
      return moved === 1 && legs.every((leg) => leg.state === 'connected');
    });
    await until('the caller’s tone again', async () => (await atTheDesk(CALLER_HZ)) > 0.5);
    await news;
    await picture(page, 'desk-voice-moved-ja-1280');
  });

  it('is put through to somebody outside, and talks on without the agent', async () => {
    await call(SITES, {
      method: 'POST',
      path: `/api/v1/calls/${id}/do`,
      token: (await signIn(SITES, 'agent2', center.password)).token,
      body: { do: 'transfer', id: crypto.randomUUID(), to: { number: OUTSIDE } },
    });
    await until('customer and outside', async () => {
      const legs = (await now()).legs.map((leg) => leg.kind).sort();
      return legs.join() === 'customer,outside';
    });
    await new Promise((later) => setTimeout(later, 2_000));
  });

  it('was heard as it should be, recorded in two parts, and is in the thread', async () => {
    await caller.off();
    await until('the end', async () => (await now()).phase === 'ended');
    const sound = caller.heard().flat();
    const second = (from: number) => sound.slice(from, from + 8_000);
    const loudest = (hz: number) =>
      Math.max(
        ...Array.from({ length: Math.floor(sound.length / 8_000) }, (_, at) => share(second(at * 8_000), hz)),
      );
    expect(loudest(AGENT_HZ), 'the agent at the caller').toBeGreaterThan(0.3);
    expect(loudest(OUTSIDE_HZ), 'the third party at the caller').toBeGreaterThan(0.5);
    const parts = await recorded();
    expect(parts.map((part) => part.part)).toEqual([1, 2]);
    const answer = await fetch(`${center.osaka}/api/v1/calls/${id}/recording/1.wav`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const file = Buffer.from(await answer.arrayBuffer()).subarray(44);
    const samples = Array.from({ length: file.length >> 1 }, (_, at) => file.readInt16LE(at * 2));
    const side = (which: number) => samples.filter((_, at) => at % 2 === which).slice(-16_000);
    expect(share(side(0), CALLER_HZ), 'the caller on the left').toBeGreaterThan(0.5);
    expect(share(side(1), AGENT_HZ), 'the agent on the right').toBeGreaterThan(0.3);
    const thread = await events(SITES, token, id, 1_000);
    expect(thread.map((event) => event.what)).toEqual(
      expect.arrayContaining(['opened', 'assigned', 'closed']),
    );
    expect(complaints).toEqual([]);
    await control('start-site', 'tokyo');
    await ready(center.tokyo);
  });
});
