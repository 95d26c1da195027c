/** What is done for many customers, some at a time: stopped by a button, not by what one does beside it, and never without a word. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { answered, clean } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let chief: Page;

const tab = (name: string) => chief.locator('.admin-tabs').getByRole('button', { name, exact: true }).click();
const members = ({ pathname }: URL) => pathname.endsWith('/members');

interface Held {
  /** Where the pages began that were asked for. */
  asked: Set<string>;
  go: () => void;
}

/** Pages of customers wait until they are let go, once. */
async function held(): Promise<Held> {
  const asked = new Set<string>();
  let go: () => void = () => {};
  const gone = new Promise<void>((resume) => {
    go = resume;
  });
  await chief.unroute(members);
  await chief.route(members, async (route) => {
    asked.add(JSON.parse(route.request().postData() ?? '{}').after);
    await gone;
    await route.continue();
  });
  return { asked, go };
}

const begun = ({ asked }: Held) => expect.poll(() => asked.has('')).toBe(true);

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  chief = await signedIn(browser, center.url, 'chief');
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('starting a plan for a segment', () => {
  const part = () => chief.getByRole('region', { name: '区分の全員に始める' });
  const form = () => chief.locator('form.card');
  const save = () =>
    answered(chief, 'PUT', '/api/v1/plan-templates', () =>
      form().getByRole('button', { name: '保存', exact: true }).press('Enter'),
    );

  it('goes on while a template is saved', async () => {
    await chief.getByRole('button', { name: '管理' }).click();
    await tab('サクセスプラン');
    await chief.getByRole('button', { name: '＋ 新規' }).click();
    await form().getByLabel('記号（a–z 0–9 _）').fill('welcome');
    await form().getByLabel('名前（日本語）').fill('ようこそ');
    await form().getByLabel('名前（英語）').fill('Welcome');
    await form().getByLabel('内容').fill('お礼');
    await save();
    const pages = await held();
    await part().getByRole('button', { name: 'プランを始める' }).press('Enter');
    await begun(pages);
    await chief.locator('.editor button.item', { hasText: 'ようこそ' }).press('Enter');
    await form().getByLabel('名前（日本語）').fill('ようこそ 2');
    await save();
    await chief.locator('.editor button.item', { hasText: 'ようこそ 2' }).waitFor();
    await part().getByRole('button', { name: '止める' }).waitFor();
    await expect.poll(() => part().locator('option').allTextContents()).toContain('ようこそ 2');
    pages.go();
    await part().getByText('開始 15 人').waitFor();
    await part().getByText('全員を見終わりました。').waitFor();
    await clean(chief);
  });

  it('is stopped by a button', async () => {
    const pages = await held();
    await part().getByRole('button', { name: 'プランを始める' }).press('Enter');
    await begun(pages);
    await part().getByRole('button', { name: '止める' }).press('Enter');
    pages.go();
    await part().getByText('途中で止まりました。').waitFor();
    await part().getByText('開始 12 人').waitFor();
    expect([...pages.asked]).toEqual(['']);
    await clean(chief);
    await picture(chief, 'console-run-stopped-ja-1280');
  });

  it('stops when its page is left, and that is told', async () => {
    const pages = await held();
    await part().getByRole('button', { name: 'プランを始める' }).press('Enter');
    await begun(pages);
    await tab('ご提案');
    await chief.getByText('ページを離れたため、途中で止めました。').waitFor();
    await picture(chief, 'console-run-left-ja-1280');
    const notice = chief.locator('.notices [role=alert]', { hasText: 'ページを離れたため' });
    await notice.getByRole('button').press('Enter');
    await notice.waitFor({ state: 'detached' });
    const answer = chief.waitForResponse((one) => members(new URL(one.url())));
    pages.go();
    await answer;
    await tab('サクセスプラン');
    await part().getByRole('button', { name: 'プランを始める' }).waitFor();
    expect([...pages.asked]).toEqual(['']);
  });
});

describe('adding people of a segment to a campaign', () => {
  const part = () => chief.locator('details', { hasText: '区分から登録' });

  it('is stopped by a button', async () => {
    await chief.getByRole('button', { name: '電話', exact: true }).click();
    await tab('発信リスト');
    await chief.locator('.item', { hasText: '春のご案内' }).click();
    await part().getByText('区分から登録').click();
    const pages = await held();
    await part().getByRole('button', { name: '登録する' }).press('Enter');
    await begun(pages);
    await part().getByRole('button', { name: '止める' }).press('Enter');
    pages.go();
    await part().getByText('登録 8 人').waitFor();
    await part().getByText('途中で止まりました。').waitFor();
    expect([...pages.asked]).toEqual(['']);
    await clean(chief);
    await picture(chief, 'console-import-stopped-ja-1280');
    await chief.setViewportSize(PHONE);
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await part()
      .or(chief.locator('details', { hasText: 'Add from a segment' }))
      .scrollIntoViewIfNeeded();
    await picture(chief, 'console-import-stopped-en-390');
  });

  it('stops when its page is left, and that is told', async () => {
    const english = chief.locator('details', { hasText: 'Add from a segment' });
    const pages = await held();
    await english.getByRole('button', { name: 'Add', exact: true }).press('Enter');
    await begun(pages);
    await tab('Lost calls');
    await chief.getByText('it was stopped because its page was left.').waitFor();
    const answer = chief.waitForResponse((one) => members(new URL(one.url())));
    pages.go();
    await answer;
    await tab('Campaigns');
    await chief.locator('.item', { hasText: '春のご案内' }).waitFor();
    expect([...pages.asked]).toEqual(['']);
  });
});
