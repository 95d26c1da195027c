/** Two supervisors at the same lists: nobody's change is lost without a word. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { answered, clean, focused, holds, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;

async function admin(tab: string): Promise<Page> {
  const page = await signedIn(browser, center.url, 'chief');
  await page.getByRole('button', { name: '管理' }).click();
  await page.locator('.admin-tabs').getByRole('button', { name: tab, exact: true }).click();
  return page;
}

const form = (page: Page) => page.locator('form.card');
const line = (page: Page, name: string) => page.locator('.editor button.item', { hasText: name });
const save = (page: Page) => form(page).getByRole('button', { name: '保存', exact: true }).press('Enter');
const stored = (page: Page, path: string) => answered(page, 'PUT', path, () => save(page));

/** A fresh form with this id and these names, for plans. */
async function fresh(page: Page, id: string, name: string) {
  await page.getByRole('button', { name: '＋ 新規' }).click();
  await form(page).getByLabel('記号（a–z 0–9 _）').fill(id);
  await form(page).getByLabel('名前（日本語）').fill(name);
  await form(page).getByLabel('名前（英語）').fill(name);
}

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('offers', () => {
  it('are not saved over what a colleague saved meanwhile, and open anew with it', async () => {
    const one = await admin('ご提案');
    const other = await admin('ご提案');
    for (const page of [one, other]) await line(page, '延長保証').click();
    await form(other).getByLabel('返事のあと出さない日数').fill('30');
    await stored(other, '/api/v1/segments');
    await form(one).getByLabel('内容（日本語）').fill('長い保証');
    await save(one);
    await one.getByText('ほかの方が先に変更しました。').first().waitFor();
    await holds(form(one).getByLabel('内容（日本語）'), '長い保証');
    await line(one, '延長保証').press('Enter');
    await holds(form(one).getByLabel('返事のあと出さない日数'), '30');
    await form(one).getByLabel('内容（日本語）').fill('長い保証');
    await stored(one, '/api/v1/segments');
    await line(one, '長い保証').press('Enter');
    await holds(form(one).getByLabel('返事のあと出さない日数'), '30');
  });
});

describe('templates of plans', () => {
  let one: Page;

  it('are not replaced by new ones of the same id, which is said at the field', async () => {
    one = await admin('サクセスプラン');
    await one.getByRole('button', { name: '＋ 新規' }).waitFor();
    const other = await admin('サクセスプラン');
    await fresh(other, 'welcome', 'ようこそ');
    await form(other).getByLabel('内容').fill('お礼');
    await stored(other, '/api/v1/plan-templates');
    await fresh(one, 'welcome', '別のもの');
    await form(one).getByLabel('内容').fill('ご案内');
    await save(one);
    await form(one).getByText('すでに使われています。').waitFor();
    await focused(form(one).getByLabel('記号（a–z 0–9 _）'));
    await clean(one);
    await picture(one, 'console-taken-ja-1280');
    // It is known here now: said without asking again.
    await line(one, 'ようこそ').waitFor();
    await form(one).getByLabel('記号（a–z 0–9 _）').fill('other');
    await shows(form(one).getByText('すでに使われています。'), 0);
    await form(one).getByLabel('記号（a–z 0–9 _）').fill('welcome');
    await save(one);
    await form(one).getByText('すでに使われています。').waitFor();
    await one.setViewportSize(PHONE);
    await one.getByRole('button', { name: 'Switch to English' }).click();
    await form(one).getByText('Another one has this already.').waitFor();
    await clean(one);
    await picture(one, 'console-taken-en-390');
  });
});
