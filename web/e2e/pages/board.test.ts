/** The supervisors' board of cases, as a page. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { clean, shows, shut } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let chief: Page;

const titles = () => chief.locator('.case-board .case strong').allTextContents();

const signIn = (login: string) => signedIn(browser, center.url, login);

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  chief = await signIn('chief');
  await chief.locator('.pages').getByRole('button', { name: '案件', exact: true }).click();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('the board of cases', () => {
  it('has everybody’s, the longest overdue first', async () => {
    await chief.locator('.case-board').getByText('見積もりの依頼').waitFor();
    await expect.poll(titles).toEqual(['見積もりの依頼', '返金が届かない', '鉢のひび割れ', '修理の部品待ち']);
    await chief.getByText('期限超過 2 件').waitFor();
    await clean(chief);
    await picture(chief, 'console-cases-ja-1280');
  });

  it('shows a department’s, an owner’s, or one state', async () => {
    await chief.getByLabel('部署').selectOption('quality');
    await expect.poll(titles).toEqual(['返金が届かない']);
    await chief.getByLabel('部署').selectOption('');
    await chief.getByLabel('担当者').selectOption('nobody');
    await expect.poll(titles).toEqual(['返金が届かない']);
    await chief.getByLabel('担当者').selectOption('sato');
    await expect.poll(titles).toEqual(['鉢のひび割れ', '修理の部品待ち']);
    await chief.getByLabel('状態').selectOption('waiting');
    await expect.poll(titles).toEqual(['修理の部品待ち']);
    await chief.getByLabel('担当者').selectOption('');
    await chief.getByLabel('状態').selectOption('solved');
    await expect.poll(titles).toEqual(['使い方の質問']);
    await chief.getByLabel('担当者').selectOption('nobody');
    await chief.getByText('あてはまる案件はありません。').waitFor();
    await clean(chief);
    await chief.getByLabel('担当者').selectOption('');
    await chief.getByLabel('状態').selectOption('unsolved');
  });

  it('opens one, and hands it to another owner and another department', async () => {
    await chief.locator('button.case', { hasText: '見積もりの依頼' }).click();
    const one = chief.getByRole('region', { name: '案件の内容' });
    await one.locator('.case-history').getByText('受付').waitFor();
    await one.getByLabel('担当者').selectOption('tanaka');
    await one.getByRole('button', { name: '担当を替える' }).click();
    await one.locator('.case-history').getByText('田中 一郎').last().waitFor();
    const line = chief.locator('li', { has: chief.locator('button.case', { hasText: '見積もりの依頼' }) });
    await line.getByText('田中 一郎').waitFor();
    await clean(chief);
    await picture(chief, 'console-case-ja-1280');
    await one.getByLabel('引き継ぐ部署').selectOption('maintenance');
    await one.getByLabel('メモ').fill('部品の価格を確認してください');
    await one.getByRole('button', { name: '引き継ぐ', exact: true }).click();
    await one.locator('.case-history').getByText('部品の価格を確認してください').waitFor();
    await line.locator('.tag', { hasText: '保守' }).waitFor();
    await shows(line.getByText('田中 一郎'), 0);
  });

  it('leads to the customer’s record', async () => {
    await chief.getByRole('button', { name: 'お客様の記録を開く' }).click();
    const record = chief.getByRole('dialog', { name: 'お客様の記録' });
    await record.locator('.who-name', { hasText: '田村 恵美' }).waitFor();
    await clean(chief);
    await shut(chief);
  });

  it('is the same in English and on a phone', async () => {
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await chief.getByText('2 overdue').waitFor();
    await clean(chief);
    await picture(chief, 'console-case-en-1280');
    await chief.setViewportSize(PHONE);
    await clean(chief);
    await picture(chief, 'console-case-en-390');
    await chief.getByRole('button', { name: 'Back to the list' }).click();
    await chief.locator('button.case', { hasText: '返金が届かない' }).waitFor();
    await clean(chief);
    await picture(chief, 'console-cases-en-390');
    await shows(chief.getByText('undefined'), 0);
  });
});

it('is no agent’s page', async () => {
  const agent = await signIn('smith');
  await expect
    .poll(() => agent.locator('.pages').getByRole('button').allTextContents())
    .toEqual(['デスク', '電話']);
});

it('complained about nothing', () => {
  expect(complaints).toEqual([]);
});
