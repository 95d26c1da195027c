/** A made-up call through a flow whose branches tell apart what was found. Against the stand-in of `e2e/mock`, which finds nothing itself. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { clean, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let chief: Page;

const branch = (is: string) =>
  `{ "kind": "branch", "on": "order.status", "cases": [{ "is": "${is}", "then": "end" }], "else": "end" }`;
/** A text: an object with `then` would pass for a promise. */
const FLOW = `{ "id": "main", "language": "ja", "start": "find", "nodes": {
  "find": { "kind": "lookup", "what": "order", "by": "caller", "into": "order", "found": "a", "missing": "end" },
  "a": ${branch('late')}, "b": ${branch('late')}, "c": ${branch('sent')},
  "end": { "kind": "hangup" } } }`;

/** As the center plays it: it waits for what the look-up finds, each time. */
function steps(inputs: unknown[]) {
  const step = { at_ms: 0, nodes: ['find'], heard: [], acts: [], variables: {} };
  const waits_for = { answer: { about: 'lookup', by: 'caller' } };
  return { steps: [null, ...inputs].map((input) => ({ ...step, input, waits_for })) };
}

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  chief = await signedIn(browser, center.url, 'chief');
  await chief.route('**/api/v1/flows/try', (route) =>
    route.fulfill({ json: steps(JSON.parse(route.request().postData() ?? '{}').inputs) }),
  );
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('a made-up call', () => {
  it('offers each thing that may be found once, and notes which it was', async () => {
    await chief.getByRole('button', { name: '電話', exact: true }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: '音声案内' }).click();
    await chief.locator('.item', { hasText: '代表番号' }).click();
    await chief.getByRole('button', { name: 'JSON' }).click();
    await chief.getByLabel('音声案内の JSON').fill(FLOW);
    await chief.locator('.flow-json').getByRole('button').press('Enter');
    await chief.getByRole('button', { name: '試す', exact: true }).click();
    const next = chief.locator('.try-next');
    await next.getByRole('button', { name: 'なし' }).waitFor();
    await shows(next.getByRole('button'), 3);
    await next.getByRole('button', { name: '見つかった status = late' }).press('Enter');
    await chief.locator('ol.heard').getByText('答え：見つかった status = late').waitFor();
    await next.getByRole('button', { name: 'なし' }).press('Enter');
    await chief.locator('ol.heard').getByText('答え：なし', { exact: true }).waitFor();
    await clean(chief);
    await picture(chief, 'console-try-found-ja-1280');
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await chief.setViewportSize(PHONE);
    await chief.locator('ol.heard').getByText('Answer: found status = late').scrollIntoViewIfNeeded();
    await clean(chief);
    await picture(chief, 'console-try-found-en-390');
    expect(complaints).toEqual([]);
  });
});
