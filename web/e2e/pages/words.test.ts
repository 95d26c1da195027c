/** A company's own words, the way between a company and its contacts, and what each medium brought. Against the stand-in of `e2e/mock`. */
import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { clean, focused, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let chief: Page;

async function signIn(size?: typeof PHONE): Promise<Page> {
  const page = await signedIn(browser, center.url, 'chief', size);
  page.setDefaultTimeout(60_000);
  return page;
}

/** Opens somebody's record by the search. */
async function meet(page: Page, text: string, name: string): Promise<void> {
  await page.keyboard.press('Alt+l');
  await focused(page.getByRole('dialog').getByRole('textbox'));
  await page.getByRole('dialog').getByRole('textbox').fill(text);
  await page.locator('.found button', { hasText: name }).first().click();
  await page.getByRole('dialog').locator('.who-name', { hasText: name }).waitFor();
}

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  chief = await signIn();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('a company and its contacts', () => {
  it('are walked between from the keyboard, each in place of the other', async () => {
    await meet(chief, 'アオゾラ', '株式会社あおぞら商事');
    const record = chief.getByRole('dialog', { name: 'お客様の記録' });
    await record.getByRole('tab', { name: '連絡先' }).click();
    await shows(record.locator('.found li'), 20);
    await record.getByText('購買部、課長').waitFor();
    await clean(chief);
    await picture(chief, 'desk-contacts-ja-1280');
    await record.getByRole('button', { name: 'さらに表示' }).click();
    await shows(record.locator('.found li'), 23);
    const first = record.getByRole('button', { name: /佐々木 第1 様/ });
    await first.focus();
    await chief.keyboard.press('Enter');
    await record.locator('.who-name', { hasText: '佐々木 第1' }).waitFor();
    const back = record.getByRole('button', { name: '株式会社あおぞら商事 様 に戻る' });
    await focused(back);
    await record.locator('.who-tags', { hasText: '購買部' }).first().waitFor();
    await clean(chief);
    await picture(chief, 'desk-contact-ja-1280');
    // What the company calls a kind, and where its own kinds are filtered.
    await record.getByRole('tab', { name: '履歴' }).last().click();
    await record.locator('.moment-head', { hasText: 'セミナー' }).waitFor();
    await back.focus();
    await chief.keyboard.press('Enter');
    await focused(first);
    await shows(record.locator('.found li'), 23, 'the list is as it was');
    await chief.keyboard.press('Escape');
    await record.waitFor({ state: 'detached' });
  });

  it('are walked from the contact to the company, and in a circle back to the start', async () => {
    await meet(chief, '佐々木 第2', '佐々木 第2');
    const record = chief.getByRole('dialog', { name: 'お客様の記録' });
    await record.locator('.person-top').getByRole('button', { name: '株式会社あおぞら商事' }).click();
    await record.locator('.who-name:visible', { hasText: '株式会社あおぞら商事' }).waitFor();
    await record.getByRole('tab', { name: '連絡先' }).click();
    await record
      .getByRole('button', { name: /佐々木 第2 様/ })
      .last()
      .click();
    await record.locator('.who-name:visible', { hasText: '佐々木 第2' }).waitFor();
    await shows(record.getByRole('button', { name: /に戻る/ }), 0, 'one is where one began');
    await chief.keyboard.press('Escape');
    await record.waitFor({ state: 'detached' });
  });

  it('are for phones, in English too', async () => {
    const phone = await signIn(PHONE);
    await phone.getByRole('button', { name: 'Switch to English' }).click();
    await meet(phone, 'アオゾラ', '株式会社あおぞら商事');
    const record = phone.getByRole('dialog');
    await record.getByRole('tab', { name: 'Contacts' }).click();
    await shows(record.locator('.found li'), 20);
    await clean(phone);
    await picture(phone, 'desk-contacts-en-390');
    await record.getByText('Purchasing, 課長').click();
    await focused(record.getByRole('button', { name: /^← Back to/ }));
    await clean(phone);
    await picture(phone, 'desk-contact-en-390');
    await phone.context().close();
  });
});

describe('a company’s own words', () => {
  it('are written by kind, department and route', async () => {
    await chief.getByRole('button', { name: '管理', exact: true }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: '呼び名' }).click();
    await chief.locator('.editor button.item', { hasText: 'セミナー' }).click();
    const form = chief.locator('form.card');
    await form.getByLabel('名前（日本語）').fill('無料セミナー');
    await form.getByLabel('段階').selectOption('know');
    await clean(chief);
    await picture(chief, 'console-words-ja-1280');
    await form.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.editor button.item', { hasText: '無料セミナー' }).waitFor();
    await chief.getByRole('button', { name: '媒体・経路' }).click();
    await chief
      .locator('.editor button.item', { hasText: 'テレビ 30 秒（春）' })
      .getByText('0120-444-555')
      .waitFor();
    await chief.getByRole('button', { name: '＋ 新規' }).click();
    await form.getByLabel('経路（番号・記号・ページ）').fill('春のチラシ');
    await form.getByLabel('名前（日本語）').fill('新聞折込（春）');
    await form.getByLabel('名前（英語）').fill('Newspaper leaflet (spring)');
    await form.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.editor button.item', { hasText: '新聞折込（春）' }).waitFor();
    await chief.getByRole('button', { name: '部署', exact: true }).click();
    await chief.getByRole('button', { name: '＋ 新規' }).click();
    await form.getByLabel('記号').fill('Export!');
    await form.getByLabel('名前（日本語）').fill('輸出部');
    await form.getByLabel('名前（英語）').fill('Export');
    await form.getByRole('button', { name: '保存', exact: true }).click();
    await chief.getByText('呼び名の内容に誤りがあります。').first().waitFor();
    await form.getByLabel('記号').fill('export');
    await form.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.editor button.item', { hasText: '輸出部' }).waitFor();
    await clean(chief);
  });

  it('are shown at once: in lists of departments, and in a timeline', async () => {
    await chief.locator('.pages').getByRole('button', { name: '案件', exact: true }).click();
    await chief.getByLabel('部署').selectOption({ label: '輸出部' });
    await meet(chief, '佐々木 第1', '佐々木 第1');
    const record = chief.getByRole('dialog', { name: 'お客様の記録' });
    await record.getByRole('tab', { name: '履歴' }).click();
    await record.getByRole('button', { name: 'そのほか' }).click();
    await record.locator('.moment-head', { hasText: '無料セミナー' }).waitFor();
    await chief.keyboard.press('Escape');
    await record.waitFor({ state: 'detached' });
  });
});

describe('what each medium brought', () => {
  it('is told by name, with what was bought afterwards', async () => {
    await chief.locator('.pages').getByRole('button', { name: '分析', exact: true }).click();
    await chief.getByRole('button', { name: '媒体', exact: true }).click();
    const tv = chief.getByRole('row', { name: /電話 voice テレビ 30 秒（春） 1240 1010 310/ });
    await tv.getByText('￥4,812,000').waitFor();
    await chief.getByRole('row', { name: /新聞折込（春）/ }).waitFor();
    await chief.getByRole('row', { name: /^そのほか 31/ }).waitFor();
    await chief.getByText('11 行のうち 4 行').waitFor();
    await clean(chief);
    await picture(chief, 'console-media-ja-1280');
    await chief.getByLabel('接点の種類').selectOption({ label: '無料セミナー' });
    await chief.getByText('1 行のうち 1 行').waitFor();
    await chief.getByLabel('開始日').fill('2020-01-01');
    await chief.getByText('期間が正しくありません。').waitFor();
    await chief.getByLabel('開始日').fill(await chief.getByLabel('終了日').inputValue());
    await chief.getByText('1 行のうち 1 行').waitFor();
  });

  it('is saved as CSV, with words and names', async () => {
    const saved = chief.waitForEvent('download');
    await chief.getByRole('button', { name: 'CSV で保存' }).click();
    const file = await readFile(await (await saved).path(), 'utf8');
    const lines = file.split('\r\n');
    expect(lines[0]).toBe(
      '\uFEFFkind,channel,route,接点の種類,手段,媒体・経路,接点,人数,購入した人,購入,金額',
    );
    expect(lines[1]).toBe('seminar,store,umeda,無料セミナー,store,umeda,140,133,41,49,2210000');
    expect(lines.slice(2)).toEqual([',,,全体,,,140,133,41,49,2210000', '']);
  });

  it('fits a phone, in English too', async () => {
    const phone = await signIn(PHONE);
    await phone.getByRole('button', { name: 'Switch to English' }).click();
    await phone.locator('.pages').getByRole('button', { name: 'Insight', exact: true }).click();
    await phone.getByRole('button', { name: 'Media', exact: true }).click();
    await phone.getByRole('row', { name: /TV 30 s \(spring\)/ }).waitFor();
    await clean(phone);
    await picture(phone, 'console-media-en-390');
    await phone.locator('.pages').getByRole('button', { name: 'Administration', exact: true }).click();
    await phone.locator('.admin-tabs').getByRole('button', { name: 'Words' }).click();
    await phone.getByRole('button', { name: 'Media and routes' }).click();
    await phone.locator('.editor button.item', { hasText: 'Newspaper leaflet' }).click();
    await clean(phone);
    await picture(phone, 'console-words-en-390');
    await phone.context().close();
    expect(complaints).toEqual([]);
  });
});
