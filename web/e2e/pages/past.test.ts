/** The history of calls: what it says while it loads and when it cannot, and where keys go. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { clean, focused } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let chief: Page;

const tab = (name: string) => chief.locator('.admin-tabs').getByRole('button', { name, exact: true }).click();
const rows = () => chief.locator('table.grid > tbody > tr');
const calls = ({ pathname }: URL) => pathname === '/api/v1/calls';
const recording = ({ pathname }: URL) => pathname.endsWith('/recording');

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  chief = await signedIn(browser, center.url, 'chief');
  await chief.getByRole('button', { name: '電話', exact: true }).click();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('the history of calls', () => {
  it('does not say that nothing has ended beside a way to older ones', async () => {
    await chief.route(calls, (route) => route.fulfill({ json: { calls: [], older: 'past-0' } }));
    await tab('通話履歴');
    await chief.getByText('ここまでに終わった通話はありません。').waitFor();
    await chief.getByRole('button', { name: 'もっと前の通話' }).waitFor();
    await clean(chief);
    await chief.unroute(calls);
  });

  it('keeps keys where they are while it is read again', async () => {
    let go: () => void = () => {};
    const told = new Promise<void>((resume) => {
      go = resume;
    });
    await chief.route(calls, async (route) => {
      await told;
      await route.continue();
    });
    const again = chief.getByRole('button', { name: '更新' });
    await again.press('Enter');
    await expect.poll(() => again.getAttribute('aria-busy')).toBe('true');
    await focused(again);
    go();
    await expect.poll(() => rows().count()).toBe(50);
    await focused(again);
    await chief.unroute(calls);
  });

  it('takes keys to the first older call when there are no more', async () => {
    await chief.getByRole('button', { name: 'もっと前の通話' }).press('Enter');
    await expect.poll(() => rows().count()).toBe(60);
    await focused(rows().nth(50).locator('button').first());
  });
});

describe('the recording of a call', () => {
  it('is not said to be missing when it could not be asked for', async () => {
    await chief.route(recording, (route) => route.fulfill({ status: 500, json: { reason: 'internal' } }));
    await rows().first().getByRole('button', { name: /録音$/ }).press('Enter');
    await chief.locator('.message-sound').getByText('読み込めませんでした。').waitFor();
    await clean(chief);
    await picture(chief, 'console-past-failed-ja-1280');
    await chief.setViewportSize(PHONE);
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await chief.locator('.message-sound').getByText('Could not be loaded.').scrollIntoViewIfNeeded();
    await picture(chief, 'console-past-failed-en-390');
    await chief.unroute(recording);
    await chief.locator('.message-sound').getByRole('button', { name: 'Try again' }).click();
    await chief.locator('.recordings').waitFor();
  });
});
