/** What other systems are told, and whom the center forgets: where supervisors set it. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../support/axe.ts';
import { DESK, launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { answered, focused, holds, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
/** What a page asked before it did something. */
const asked: string[] = [];

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
  chief.on('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.accept();
  });
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
    await hook.getByText('エラー応答（503）').waitFor();
    // Since yesterday: a clock time alone would be today's.
    await hook.getByText(/288 回続けて失敗（\d+年\d+月\d+日.*から）/).waitFor();
    await clean(chief);
    await picture(chief, 'console-webhooks-ja-1280');
    await hook.getByRole('button', { name: '在庫システムへ試しに送る' }).press('Enter');
    await hook.getByText('試験の結果：届きました').waitFor();
    await focused(hook.getByRole('button', { name: '在庫システムへ試しに送る' }));
    await hook.getByRole('button', { name: '在庫システムへの通知を再開' }).click();
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
    await added.getByRole('button', { name: '分析を削除' }).click();
    await added.waitFor({ state: 'detached' });
    expect(asked.at(-1)).toContain('「分析」');
  });

  it('say that they could not be loaded, and are when asked again', async () => {
    const hooks = ({ pathname }: URL) => pathname === '/api/v1/webhooks';
    await chief.route(hooks, (route) => route.abort());
    await chief.locator('.admin-tabs').getByRole('button', { name: '保存期間' }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: 'Webhook（外部通知）' }).click();
    await chief.getByText('読み込めませんでした。').waitFor();
    await clean(chief);
    await picture(chief, 'console-webhooks-failed-ja-1280');
    await chief.unroute(hooks);
    await chief.getByRole('button', { name: '再読み込み' }).click();
    await chief.getByRole('region', { name: '在庫システム' }).waitFor();
  });

  it('are the same on a phone in English', async () => {
    const phone = await english('Webhooks');
    await phone.getByText('Last deliveries').first().click();
    await phone.getByText('error answer (503)').first().waitFor();
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

  it('says so when somebody else set it meanwhile, and then can be saved', async () => {
    const field = chief.getByLabel('購入のある方（日数、0 は消去しない）');
    await field.fill('400');
    const other = await admin('保存期間');
    await other.getByLabel('購入のない方（日数、0 は消去しない）').fill('900');
    await answered(other, 'PUT', '/api/v1/retention', () =>
      other.getByRole('button', { name: '保存', exact: true }).click(),
    );
    await other.context().close();
    await chief.getByRole('button', { name: '保存', exact: true }).click();
    await chief.getByText('ほかの方が先に変更したため、保存していません。').first().waitFor();
    await holds(chief.getByLabel('購入のない方（日数、0 は消去しない）'), '900');
    await holds(field, '0');
    await field.fill('500');
    await answered(chief, 'PUT', '/api/v1/retention', () =>
      chief.getByRole('button', { name: '保存', exact: true }).click(),
    );
    await holds(field, '500');
  });

  it('takes no half-typed number, and tells why nobody was looked for', async () => {
    const preview = ({ pathname }: URL) => pathname === '/api/v1/retention/preview';
    const bodies: string[] = [];
    await chief.route(preview, (route) => {
      bodies.push(route.request().postData() ?? '');
      return route.abort();
    });
    const field = chief.getByLabel('1 回に消去する人数の上限');
    await field.fill('-');
    await chief.getByRole('button', { name: '対象を確かめる' }).click();
    await focused(field);
    await field.fill('50');
    await chief.getByRole('button', { name: '対象を確かめる' }).click();
    await chief.getByText('つながりません').first().waitFor();
    expect(new Set(bodies.map((body) => JSON.parse(body).most_per_run))).toEqual(new Set([50]));
    await chief.unroute(preview);
  });

  it('does not say that nobody is kept when that could not be asked for', async () => {
    const held = ({ pathname }: URL) => pathname === '/api/v1/holds';
    await chief.route(held, (route) => route.abort());
    await chief.locator('.admin-tabs').getByRole('button', { name: 'お客様画面' }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: '保存期間' }).click();
    const part = chief.getByRole('region', { name: '保全（消去しないお客様）' });
    await part.getByText('読み込めませんでした。').waitFor();
    await shows(part.getByText('保全中のお客様はいません。'), 0);
    await clean(chief);
    await picture(chief, 'console-holds-failed-ja-1280');
    await chief.unroute(held);
    await part.getByRole('button', { name: '再読み込み' }).click();
    await part.getByText('保全中のお客様はいません。').waitFor();
  });

  it('keeps whom somebody wants to be kept, until that is lifted', async () => {
    const kept = chief.getByRole('region', { name: '保全（消去しないお客様）' });
    await kept.getByLabel('お客様の番号').fill('rec-1');
    await kept.getByLabel('理由').fill('訴訟のため');
    await kept.getByRole('button', { name: '保全する' }).press('Enter');
    await kept.getByText('訴訟のため').waitFor();
    const phone = await english('Retention');
    await phone.getByText('訴訟のため').waitFor();
    await clean(phone);
    await picture(phone, 'console-retention-en-390');
    await kept.getByRole('button', { name: 'rec-1 の保全を解除' }).click();
    await kept.getByText('保全中のお客様はいません。').waitFor();
    expect(asked.at(-1)).toContain('rec-1');
  });
});
