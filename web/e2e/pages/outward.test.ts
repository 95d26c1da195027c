/** What other systems are told, and whom the center forgets: where supervisors set it. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../support/axe.ts';
import { DESK, launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;

const clean = async (page: Page) => expect(await faults(page)).toEqual([]);

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

async function admin(tab: string): Promise<Page> {
  const chief = await signedIn(browser, center.url, 'chief', DESK);
  chief.on('dialog', (dialog) => void dialog.accept());
  await chief.getByRole('button', { name: '管理' }).click();
  await chief.locator('.admin-tabs').getByRole('button', { name: tab }).click();
  return chief;
}

async function english(tab: string): Promise<Page> {
  const phone = await signedIn(browser, center.url, 'chief', PHONE);
  await phone.getByRole('button', { name: 'Switch to English' }).click();
  await phone.getByRole('button', { name: 'Administration' }).click();
  await phone.locator('.admin-tabs').getByRole('button', { name: tab }).click();
  return phone;
}

describe('webhooks', () => {
  let chief: Page;

  beforeAll(async () => {
    chief = await admin('Webhook（外部通知）');
  });

  it('say that the center paused one, why, and go on when a person says so', async () => {
    const hook = chief.getByRole('region', { name: '在庫システム' });
    await hook.getByText('自動停止（届かない状態が続きました）').waitFor();
    await hook.getByText('最近の通知').click();
    await hook.getByText('status_503').waitFor();
    await clean(chief);
    await picture(chief, 'console-webhooks-ja-1280');
    await hook.getByRole('button', { name: '試しに送る' }).click();
    await hook.getByText('試験の結果：ok').waitFor();
    await hook.getByRole('button', { name: '再開' }).click();
    await hook.getByText('通知中').waitFor();
  });

  it('are added, and their key is shown once', async () => {
    const form = chief.locator('form.card');
    await form.getByLabel('名前').fill('分析');
    await form.getByLabel('アドレス（https://…）').fill('http://169.254.169.254/x');
    await form.getByLabel('案件：解決').check();
    await form.getByRole('button', { name: '通知先を追加' }).click();
    await chief.getByText('そのアドレスには送れません。').first().waitFor();
    await form.getByLabel('アドレス（https://…）').fill('https://bi.example.jp/in');
    await form.getByRole('button', { name: '通知先を追加' }).click();
    await form.getByText('whsec_0123456789abcdef').waitFor();
    const added = chief.getByRole('region', { name: '分析' });
    await added.getByText('案件：解決').waitFor();
    await added.getByRole('button', { name: '削除' }).click();
    await added.waitFor({ state: 'detached' });
  });

  it('are the same on a phone in English', async () => {
    const phone = await english('Webhooks');
    await phone.getByText('Order: changed').first().waitFor();
    await clean(phone);
    await picture(phone, 'console-webhooks-en-390');
  });
});

describe('retention', () => {
  let chief: Page;

  beforeAll(async () => {
    chief = await admin('保存期間');
  });

  it('tells whom it would erase before it is set', async () => {
    const form = chief.locator('form.card');
    await form.getByLabel('購入のない方（日数、0 は消去しない）').fill('730');
    await form.getByRole('button', { name: '対象を確かめる' }).click();
    await form.getByText('今なら 1 人（購入なし）').waitFor();
    await form.getByText('rec-77aa').waitFor();
    await clean(chief);
    await picture(chief, 'console-retention-ja-1280');
    await form.getByRole('button', { name: '保存', exact: true }).click();
    await chief.getByText('保存しました。').first().waitFor();
    await expect
      .poll(() => chief.locator('form.card').getByLabel('購入のない方（日数、0 は消去しない）').inputValue())
      .toBe('730');
  });

  it('keeps whom somebody wants to be kept, until that is lifted', async () => {
    const holds = chief.getByRole('region', { name: '保全（消去しないお客様）' });
    await holds.getByLabel('お客様の番号').fill('rec-1');
    await holds.getByLabel('理由').fill('訴訟のため');
    await holds.getByRole('button', { name: '保全する' }).click();
    await holds.getByText('訴訟のため').waitFor();
    const phone = await english('Retention');
    await phone.getByText('訴訟のため').waitFor();
    await clean(phone);
    await picture(phone, 'console-retention-en-390');
    await holds.getByRole('button', { name: '解除' }).click();
    await holds.getByText('保全中のお客様はいません。').waitFor();
  });
});
