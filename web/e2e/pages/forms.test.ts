/** Forms within a conversation: offered and filled in, and a return on its way to the shop. Against the stand-in of `e2e/mock`. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, InputMethod, launch, open, PHONE, picture, signedIn } from '../support/browser.ts';
import { become, choose, clean, focused, holds, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let agent: Page;
let customer: Page;

const form = (page: Page) => page.getByRole('form', { name: '返品', exact: true });
const cards = (page: Page) => page.locator('.log .form-card');
const send = (where: Locator) => where.getByRole('button', { name: 'この内容で送る' });

/** The agent offers the form of this name, by keyboard. */
async function offer(name: string): Promise<void> {
  await agent.keyboard.press('Alt+r');
  await focused(agent.locator('#reply-box'));
  await agent.keyboard.press('Alt+Shift+F');
  await choose(agent, name);
}

async function fill(where: Locator, values: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(values))
    if (label === '返品の理由') await where.getByLabel(label).selectOption(value);
    else await where.getByLabel(label).fill(value);
}

const SITES = ['tokyo', 'osaka'];

/** No site answers, and the customer's page knows it. */
async function down(): Promise<void> {
  for (const site of SITES) await center.order('kill', { site });
  await customer.getByText('自動でつなぎ直しています').waitFor();
}

async function up(): Promise<void> {
  for (const site of SITES) await center.order('start', { site });
}

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  agent = await signedIn(browser, center.url, 'sato');
  await become(agent, '受付可', 'ready');
  customer = await open(browser, `${center.url}/widget/`, PHONE);
  await customer.locator('select').selectOption('order');
  await customer.locator('input[name=name]').fill('山本 結衣');
  await customer.locator('input[type=radio]').first().check();
  await customer.locator('textarea').fill('返品したいです。');
  await customer.locator('button.primary').click();
  await agent.locator('.offer').getByText('ヤマモト ユイ').waitFor();
  await agent.keyboard.press('a');
  await agent.locator('#reply-box:enabled').waitFor();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('an offered form', () => {
  it('is sent from a menu by keyboard, and stands as not answered', async () => {
    await agent.keyboard.press('Alt+r');
    await agent.keyboard.press('Alt+Shift+F');
    await agent.getByRole('menuitem', { name: '資料請求' }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-form-menu-ja-1280');
    await choose(agent, '返品');
    await agent.locator('.log').getByText('返品のフォームを送りました — 未回答').waitFor();
    await agent.locator('.work .item').getByText('フォーム: 返品').waitFor();
    await form(customer).waitFor();
    await clean(customer);
    await picture(customer, 'widget-form-ja-390');
  });

  it('says beside the fields what is wrong, and leads to the first of them', async () => {
    await send(form(customer)).click();
    await shows(form(customer).getByText('ご記入ください。', { exact: true }), 4);
    await focused(form(customer).getByLabel('ご注文番号'));
    await clean(customer);
    await picture(customer, 'widget-form-faults-ja-390');
    const ime = await InputMethod.of(customer);
    await form(customer).getByLabel('商品名').focus();
    await ime.compose('しろいはち');
    await ime.confirmingEnter();
    await ime.plainEnter();
    await ime.commit('白い鉢 M');
    await holds(form(customer).getByLabel('商品名'), '白い鉢 M');
    await shows(form(customer).getByText('ご記入ください。', { exact: true }), 3);
    await fill(form(customer), { ご注文番号: 'A-0', 数量: '０', 返品の理由: 'wrong_item' });
    await send(form(customer)).click();
    await form(customer).getByText('1 から 1,000 までの数').waitFor();
    await focused(form(customer).getByLabel('数量'));
    await shows(form(customer).getByText('ご記入ください。', { exact: true }), 0);
  });

  it('keeps what was typed through a reload and another language', async () => {
    await fill(form(customer), { 詳しいご事情: '色が違いました。' });
    await customer.reload();
    await holds(form(customer).getByLabel('商品名'), '白い鉢 M');
    await holds(form(customer).getByLabel('詳しいご事情'), '色が違いました。');
    await customer.getByRole('button', { name: 'English' }).click();
    await holds(customer.getByLabel('Article'), '白い鉢 M');
    await clean(customer);
    await picture(customer, 'widget-form-en-390');
    await customer.getByRole('button', { name: '日本語' }).click();
  });

  it('goes out once: it waits for the center, disabled, and is answered then', async () => {
    await fill(form(customer), { 数量: '１' });
    await down();
    await form(customer).evaluate((element: HTMLFormElement) => {
      element.requestSubmit();
      element.requestSubmit();
    });
    const sending = form(customer).getByRole('button', { name: '送信しています…' });
    await expect.poll(() => sending.isDisabled()).toBe(true);
    await expect.poll(() => form(customer).getByLabel('商品名').isDisabled()).toBe(true);
    await clean(customer);
    await up();
    await cards(customer).getByText('✓ 回答済み').waitFor();
    await shows(form(customer), 0);
    await cards(customer).getByText('✓ 回答済み').click();
    await expect
      .poll(() => cards(customer).getByText('色が違いました。').filter({ visible: true }).count())
      .toBe(2);
    await clean(customer);
    await picture(customer, 'widget-form-answered-ja-390');
    await agent.locator('.log').getByText('返品のフォームを送りました — 回答済み').waitFor();
    await shows(agent.locator('.log .form-card').getByText('違う品が届いた'), 1);
    await shows(agent.getByText('"order"'), 0);
  });

  it('cannot be answered again by a page that does not know it yet', async () => {
    await offer('ご連絡先');
    const contact = customer.getByRole('form', { name: 'ご連絡先' });
    await holds(contact.getByLabel('お名前'), '山本 結衣');
    await contact.getByLabel('電話番号').fill('090-3333-4444');
    await down();
    await send(contact).click();
    await contact.getByRole('button', { name: '送信しています…' }).waitFor();
    // Meanwhile the same customer answers on another device.
    await center.order('answer', { text: '{"phone":"090-1111-2222"}' });
    await up();
    await cards(customer).getByText('すでに回答済みのため').waitFor();
    await cards(customer).getByText('090-1111-2222').first().waitFor();
    await shows(contact, 0);
    await clean(customer);
    await picture(customer, 'widget-form-late-ja-390');
    await shows(agent.locator('.log .form-card').getByText('090-1111-2222'), 1);
    await shows(agent.getByText('090-3333-4444'), 0);
  });
});

describe('a form of the customer’s own', () => {
  it('is opened by the menu, kept while it is closed, and dropped', async () => {
    await customer.getByRole('button', { name: '返品を申し込む' }).click();
    await focused(form(customer).getByLabel('ご注文番号'));
    await clean(customer);
    await picture(customer, 'widget-form-own-ja-390');
    await form(customer).getByLabel('ご注文番号').fill('A-1');
    await form(customer).getByRole('button', { name: 'やめる' }).click();
    await shows(form(customer), 0);
    await customer.getByRole('button', { name: '返品を申し込む' }).click();
    await holds(form(customer).getByLabel('ご注文番号'), '');
  });

  it('stands in the thread of both', async () => {
    await fill(form(customer), {
      ご注文番号: 'ａ-9999',
      商品名: '白い鉢 M',
      数量: '2',
      返品の理由: 'damaged',
    });
    await send(form(customer)).click();
    await shows(form(customer), 0);
    await cards(customer).getByText('a-9999').waitFor();
    await agent.locator('.form-card', { hasText: 'a-9999' }).waitFor();
    await picture(customer, 'widget-form-sent-ja-390');
  });
});

describe('a return that a customer filled in', () => {
  const card = (number: string) => agent.locator('.log .form-card', { hasText: number });
  const ask = (number: string) => card(number).getByRole('button', { name: '返品を依頼する' });

  async function ownReturn(values: Record<string, string>): Promise<void> {
    await customer.getByRole('button', { name: '返品を申し込む' }).click();
    await fill(form(customer), values);
    await send(form(customer)).click();
    await card(values.ご注文番号 ?? '').waitFor();
  }

  it('says when there is no such order, or it cannot come back', async () => {
    await ask('a-9999').click();
    await card('a-9999').getByText('注文 a-9999 は見つかりません').waitFor();
    await ownReturn({ ご注文番号: 'A-9002', 商品名: '培養土', 数量: '1', 返品の理由: 'damaged' });
    await ask('A-9002').click();
    await card('A-9002').getByText('返品を依頼できません').waitFor();
    await clean(agent);
    await picture(agent, 'desk-form-barred-ja-1280');
  });

  it('opens the shop’s form at the order, filled in, and tells what the shop says', async () => {
    await ownReturn({
      ご注文番号: 'A-8841',
      商品名: '白い鉢',
      数量: '3',
      返品の理由: 'not_as_described',
      詳しいご事情: '大きさが違う',
    });
    await ask('A-8841').click();
    const one = agent.locator('.customer ol.orders > li', { hasText: 'A-8841' });
    const asking = one.getByRole('form', { name: '返品を受ける' });
    await asking.getByText('お客様の記入: 白い鉢 × 3').waitFor();
    await focused(asking.getByLabel(/返品する数/));
    // There was only one.
    await holds(asking.getByLabel(/返品する数/), '1');
    await holds(asking.getByLabel('理由'), 'not_as_described');
    await holds(asking.getByLabel('お客様のお話'), '大きさが違う');
    await clean(agent);
    await picture(agent, 'desk-form-return-ja-1280');
    await asking.getByRole('button', { name: '店舗に依頼する' }).click();
    await asking.getByText('店舗が承りました').waitFor();
    await asking.getByRole('button', { name: '閉じる' }).click();
    await one.getByText('返品: 受付済み 説明と違う').waitFor();
  });

  it('opens the record that the order is of when that is another one, and says so', async () => {
    await ownReturn({ ご注文番号: 'A-7001', 商品名: '鉢 M', 数量: '1', 返品の理由: 'damaged' });
    await ask('A-7001').click();
    const record = agent.getByRole('dialog', { name: 'お客様の記録' });
    await record.getByText('別の記録のものです').waitFor();
    const asking = record.getByRole('form', { name: '返品を受ける' });
    await holds(asking.getByLabel('返品する数：白い鉢 M'), '1');
    await holds(asking.getByLabel('返品する数：培養土 5L'), '0');
    await clean(agent);
    await picture(agent, 'desk-form-elsewhere-ja-1280');
    await asking.getByRole('button', { name: 'キャンセル' }).click();
    await shows(record.getByText('別の記録のものです'), 0);
    await agent.keyboard.press('Escape');
    await record.waitFor({ state: 'detached' });
  });

  it('is there in English and on a phone', async () => {
    await agent.getByRole('button', { name: 'Switch to English' }).click();
    await customer.getByRole('button', { name: 'English' }).click();
    await agent.locator('.log').getByText('The form “Return” was sent — answered').waitFor();
    await clean(agent);
    await picture(agent, 'desk-form-en-1280');
    await customer.getByRole('button', { name: 'Ask for a return' }).click();
    await customer.getByRole('form', { name: 'Return' }).waitFor();
    await clean(customer);
    await picture(customer, 'widget-form-own-en-390');
    await customer.setViewportSize(DESK);
    await picture(customer, 'widget-form-own-en-1280');
    await agent.setViewportSize(PHONE);
    await agent.locator('.form-button').waitFor();
    await clean(agent);
    await picture(agent, 'desk-form-en-390');
    await agent
      .locator('.log .form-card', { hasText: 'A-8841' })
      .getByRole('button', { name: 'Ask the shop' })
      .click();
    const drawer = agent.getByRole('dialog', { name: 'Customer details' });
    const asking = drawer.getByRole('form', { name: 'Start a return' });
    await holds(asking.getByLabel('Reason'), 'not_as_described');
    await clean(agent);
    await picture(agent, 'desk-form-return-en-390');
    await shows(agent.getByText('undefined'), 0);
  });

  it('is readable where conversations are searched', async () => {
    await agent.keyboard.press('Escape');
    await agent.setViewportSize(DESK);
    await agent.keyboard.press('Alt+l');
    await agent.getByRole('dialog', { name: 'Search' }).getByRole('textbox').fill('山本');
    await agent.locator('.found').getByText('Form: A-7001, 鉢 M, 1, It was damaged').waitFor();
    await shows(agent.getByText('"order"'), 0);
  });

  it('complained about nothing', () => {
    expect(complaints).toEqual([]);
  });
});
