/** Outbound campaigns and the do-not-call list in a real browser, against the stand-in. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { DESK, launch, PHONE, picture, signedIn, WITH_SOUND } from '../support/browser.ts';
import { clean, focused, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let chief: Page;

const tab = (name: string) => chief.locator('.admin-tabs').getByRole('button', { name, exact: true }).click();

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch(WITH_SOUND);
  chief = await signedIn(browser, center.url, 'chief');
  await chief.getByRole('button', { name: '電話', exact: true }).click();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('campaigns', () => {
  it('are listed, and one is told with its figures, its cap and its people', async () => {
    await tab('発信リスト');
    await chief.locator('.item', { hasText: '春のご案内' }).click();
    await chief.locator('.tile.bad', { hasText: '50.0%' }).waitFor();
    await chief.getByText('新しくかけるのを止めています').waitFor();
    await chief.getByRole('button', { name: '表示', exact: true }).click();
    const row = chief.locator('tr', { hasText: '鈴木 一郎' });
    await row.getByText('話し中').waitFor();
    await row.getByText('06-6123-4567').waitFor();
    await clean(chief);
    await picture(chief, 'console-campaign-ja-1280');
  });

  it('are paused and begun again', async () => {
    await chief.getByRole('button', { name: '一時停止' }).click();
    await chief.getByText('発信を止めました').waitFor();
    await chief.locator('.campaign-head .tag', { hasText: '停止中' }).waitFor();
    await chief.getByRole('button', { name: '開始', exact: true }).click();
    await chief.locator('.campaign-head .tag', { hasText: '発信中' }).waitFor();
  });

  it('are made by a form that knows what cannot be', async () => {
    await chief.getByLabel('ID（英小文字').fill('autumn');
    await chief.getByRole('button', { name: /新しい発信リスト/ }).click();
    await chief.getByLabel('名前', { exact: false }).first().fill('秋のご案内');
    await chief.getByLabel('相手に見せる番号').fill('110');
    await chief.getByText('電話番号として読めません').waitFor();
    await chief.getByLabel('相手に見せる番号').fill('03-1234-5678');
    await chief.getByLabel('かけ方').selectOption('progressive');
    await chief.getByLabel('流す案内（日本語）').waitFor();
    await chief.getByLabel('一日にかける回数').fill('2');
    await clean(chief);
    await picture(chief, 'console-campaign-new-ja-1280');
    await chief.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.item', { hasText: '秋のご案内' }).waitFor();
    await chief.locator('.campaign-head', { hasText: '+81312345678' }).waitFor();
  });

  it('take people from a pasted table and say which lines are none', async () => {
    await chief.getByText('相手を登録').click();
    const pasted = '電話番号,氏名\n090-1111-2222,田中\nabc,だれか\n03-9999-0000,鈴木\n+1 900 555 0000,遠く';
    await chief.getByLabel('電話番号と名前').fill(pasted);
    await chief.getByText('3 人を読み取りました。読めない行：1').waitFor();
    await chief.getByRole('button', { name: '登録する' }).click();
    await chief.getByText('2 人を登録しました').waitFor();
    await chief.getByText('かけられない行：3, 5').waitFor();
    await clean(chief);
    await picture(chief, 'console-campaign-import-ja-1280');
  });

  it('end for good only when asked twice', async () => {
    await chief.getByRole('button', { name: '終了する' }).click();
    await chief.getByText('再開できません').waitFor();
    await chief.getByRole('button', { name: '終了する' }).click();
    await chief.locator('.campaign-head .tag', { hasText: '終了' }).waitFor();
    await shows(chief.getByRole('button', { name: '開始', exact: true }), 0);
  });
});

describe('who is not to be called', () => {
  it('is listed with who and when, found, put there and taken off', async () => {
    await tab('発信禁止');
    await chief.locator('tr', { hasText: '090-5555-0000' }).waitFor();
    await chief.getByLabel('電話番号').fill('090-7777-8888');
    await chief.getByRole('button', { name: '探す' }).click();
    await chief.getByText('この番号は登録されていません').waitFor();
    await chief.getByRole('button', { name: '登録', exact: true }).click();
    await chief.getByText('発信禁止に登録しました').waitFor();
    await chief.locator('tr', { hasText: '090-7777-8888' }).waitFor();
    await chief.locator('tr', { hasText: '090-5555-0000' }).waitFor();
    await clean(chief);
    await picture(chief, 'console-never-ja-1280');
    await chief.getByRole('button', { name: '090-7777-8888 の発信禁止を解除' }).click();
    await chief.locator('tr', { hasText: '090-7777-8888' }).waitFor({ state: 'detached' });
  });

  it('is called by hand only by who says so', async () => {
    await chief.keyboard.press('Control+k');
    await focused(chief.locator('.picker-box'));
    await chief.keyboard.type('09055550000');
    await chief.getByText('電話をかける：090-5555-0000').waitFor();
    await chief.keyboard.press('Enter');
    await chief.getByText('発信禁止に登録されています').waitFor();
    await clean(chief);
    await picture(chief, 'desk-never-ja-1280');
    await chief.getByRole('button', { name: 'それでもかける' }).click();
    await chief.locator('.call-bar').waitFor();
  });
});

describe('both pages', () => {
  it('are the same in English and on a phone', async () => {
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await chief.setViewportSize(PHONE);
    await clean(chief);
    await picture(chief, 'console-never-en-390');
    await tab('Campaigns');
    await chief.locator('.item', { hasText: '春のご案内' }).click();
    await chief.locator('.tile.bad').waitFor();
    await clean(chief);
    await picture(chief, 'console-campaign-en-390');
    await chief.getByText('Rules', { exact: true }).click();
    await clean(chief);
    await picture(chief, 'console-campaign-rules-en-390');
    await chief.setViewportSize(DESK);
    await picture(chief, 'console-campaign-en-1280');
    await shows(chief.getByText('undefined'), 0);
  });
});
