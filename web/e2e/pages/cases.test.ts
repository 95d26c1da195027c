/** Cases and tasks of a customer, as pages. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { launch, open, PHONE, picture, signedIn } from '../support/browser.ts';
import { become, clean, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let agent: Page;

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  agent = await signedIn(browser, center.url, 'sato');
  await become(agent, '受付可', 'ready');
  const customer = await open(browser, `${center.url}/widget/`, PHONE);
  await customer.locator('select').selectOption('order');
  await customer.locator('input[name=name]').fill('山本 結衣');
  await customer.locator('input[type=radio]').first().check();
  await customer.locator('textarea').fill('割れた鉢の件です。');
  await customer.locator('button.primary').click();
  await agent.locator('.offer').getByText('ヤマモト ユイ').waitFor();
  await agent.keyboard.press('a');
  await agent.locator('.customer .who-name', { hasText: '山本 結衣' }).waitFor();
  await agent.locator('.customer').getByRole('tab', { name: '案件', exact: true }).click();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('a case', () => {
  it('is opened beside the talk and stands in the list with its due time', async () => {
    const pane = agent.locator('.customer');
    await pane.getByText('案件はありません。').waitFor();
    const form = pane.getByRole('form', { name: '案件を作る' });
    await form.getByRole('button', { name: '案件を作る' }).click();
    await shows(pane.locator('.cases .case'), 0);
    await form.getByLabel('種類').selectOption('damage');
    await form.getByLabel('件名').fill('鉢が割れていた');
    await form.getByRole('button', { name: '案件を作る' }).click();
    const line = pane.locator('button.case', { hasText: '鉢が割れていた' });
    await line.getByText('期限').waitFor();
    await shows(pane.locator('.cases .case'), 1);
    await clean(agent);
    await picture(agent, 'desk-cases-ja-1280');
  });

  it('is taken, noted, handed over, waits, and is solved; all of it stands in its history', async () => {
    const pane = agent.locator('.customer');
    await pane.locator('button.case').first().click();
    const history = pane.locator('.case-history');
    await history.getByText('受付').waitFor();
    await pane.getByRole('button', { name: '自分が担当する' }).click();
    await history.getByText('担当').waitFor();
    await pane.getByLabel('メモ').fill('写真を確認した');
    await pane.getByRole('button', { name: 'メモを残す' }).click();
    await history.getByText('写真を確認した').waitFor();
    await pane.getByLabel('引き継ぐ部署').selectOption('quality');
    await pane.getByRole('button', { name: '引き継ぐ', exact: true }).click();
    await history.getByText('品質管理').waitFor();
    await pane.getByRole('button', { name: '待ちにする' }).click();
    await pane.getByRole('button', { name: '再開する' }).click();
    await history.getByText('再開', { exact: true }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-case-ja-1280');
    await pane.getByLabel('結果').selectOption('replaced');
    await pane.getByRole('button', { name: '解決にする' }).click();
    await pane.getByRole('button', { name: '再度開く' }).waitFor();
    await pane.getByRole('button', { name: '一覧へ戻る' }).click();
    await pane.locator('button.case', { hasText: '解決' }).waitFor();
  });
});

describe('a task', () => {
  it('is planned for a time and cancelled', async () => {
    const pane = agent.locator('.customer');
    const form = pane.getByRole('form', { name: '予定を入れる' });
    await form.getByLabel('種類').selectOption('documents');
    await form.getByLabel('内容').fill('カタログを送る');
    await form.getByLabel('いつ（空欄ならすぐ）').fill('2030-01-02T03:04');
    await form.getByRole('button', { name: '予定を入れる' }).click();
    const line = pane.locator('li.case', { hasText: 'カタログを送る' });
    await line.getByText('3:04').waitFor();
    await line.getByRole('button', { name: '「カタログを送る」を中止する' }).click();
    await line.waitFor({ state: 'detached' });
    await pane.getByText('予定はありません。').waitFor();
  });
});
