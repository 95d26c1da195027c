/** A form within a conversation, against a center and its simulated shop: offered at one site, filled in while the other dies, and the shop says yes. */
import { call, parseForm, signIn, uuid } from '@madoguchi/shared';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK, launch, open, PHONE, picture, signedIn } from './support/browser.ts';
import { center, control, ready, stored } from './support/center.ts';
import { choose, holds, shows, shut } from './support/look.ts';

const SITES = {
  tokyo: [{ name: 'tokyo', url: center.tokyo }],
  osaka: [{ name: 'osaka', url: center.osaka }],
};
/** The only order of the simulated shop that was sent. Other stories give it back as well: what counts is one return more. */
const NUMBER = 'A-10001';
const NAME = `フォーム ${uuid().slice(0, 8)}`;
const WORDS = `注文と違う品でした ${uuid().slice(0, 8)}`;

interface Told {
  order: { id: string; returns: { state: string; reason?: string }[] };
}

let browser: Browser;
let agent: Page;
let customer: Page;
let token: string;
let conversation: string;
let before: number;

/** The returns of the order, as a site tells them. */
const returnsAt = async (site: keyof typeof SITES) => {
  const found = await call<Told>(SITES[site], { path: `/api/v1/orders?shop=ec&number=${NUMBER}`, token });
  return found.order.returns;
};

const form = (page: Page) => page.getByRole('form', { name: '返品', exact: true });
const card = (page: Page) => page.locator('.log .message:not(.own) .form-card', { hasText: WORDS });

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  ({ token } = await signIn(SITES.osaka, center.supervisor, center.password));
  browser = await launch();
  agent = await signedIn(browser, center.osaka, center.login, DESK, center.password);
  await agent.keyboard.press('Alt+s');
  await choose(agent, '受付可');
  await agent.locator('button.state.ready').waitFor();
  customer = await open(browser, `${center.tokyo}/widget/`, PHONE);
});

afterAll(async () => {
  await control('start-site', 'tokyo').catch(() => {});
  await ready(center.tokyo);
  await browser?.close();
});

describe('a form', () => {
  it('is offered at one site and appears at the other', async () => {
    // The shop told of its orders.
    await expect.poll(() => returnsAt('osaka').catch(() => null)).not.toBeNull();
    await customer.locator('.start input[name=name]').fill(NAME);
    await customer.locator('.start select').selectOption('return');
    await customer.locator('.start textarea').fill('返品をお願いします。');
    await customer.locator('.start button').click();
    const offered = agent.locator('.offer', { hasText: NAME });
    await offered.waitFor();
    await offered.locator('button').first().click();
    await agent.locator('#reply-box:enabled').waitFor();
    await agent.keyboard.press('Alt+Shift+F');
    await choose(agent, '返品');
    await agent.locator('.log').getByText('返品のフォームを送りました — 未回答').waitFor();
    await form(customer).waitFor();
    conversation = await customer.evaluate(
      () => JSON.parse(localStorage.getItem('madoguchi.widget.session') ?? '{}').conversation,
    );
    await picture(customer, 'widget-form-center-ja-390');
  });

  it('is filled in while the customer’s site dies, and comes through once', async () => {
    const values = form(customer);
    await values.getByLabel('ご注文番号').fill(NUMBER);
    const killed = control('kill-site', 'tokyo');
    await values.getByLabel('商品名').fill('緑茶ティーバッグ');
    await values.getByLabel('数量').fill('1');
    await values.getByLabel('返品の理由').selectOption('wrong_item');
    await values.getByLabel('詳しいご事情').fill(WORDS);
    await values.getByRole('button', { name: 'この内容で送る' }).click();
    await killed;
    await card(agent).waitFor();
    await agent.locator('.log').getByText('返品のフォームを送りました — 回答済み').waitFor();
    await customer.locator('.log').getByText('✓ 回答済み').waitFor();
    await shows(form(customer), 0);
    await shows(card(agent), 1);
    // A site tells what it has followed so far.
    const filled = async () =>
      (await stored('osaka', conversation)).filter((e) => e.what === 'message' && e.form?.filled);
    await expect.poll(async () => (await filled()).length).toBe(1);
    const [answer] = await filled();
    if (answer?.what !== 'message') throw new Error('the answers are no message');
    expect(answer.form?.form).toBe('return');
    const offers = (await stored('osaka', conversation)).filter(
      (e) => e.what === 'message' && e.form?.filled === false,
    );
    expect(answer.form?.offer).toBe(offers[0]?.number);
    expect(parseForm(answer.text)).toMatchObject({ order: NUMBER, reason: 'wrong_item', words: WORDS });
  });

  it('becomes a return that the shop confirms', async () => {
    before = (await returnsAt('osaka')).length;
    await card(agent).getByRole('button', { name: '返品を依頼する' }).click();
    // Whose order it is, nobody has told the center: the record of the shop's customer opens.
    const record = agent.getByRole('dialog', { name: 'お客様の記録' });
    const asking = record.getByRole('form', { name: '返品を受ける' });
    await asking.getByText('別の記録のものです').waitFor();
    await holds(asking.getByLabel(/返品する数/), '1');
    await holds(asking.getByLabel('理由'), 'wrong_item');
    await holds(asking.getByLabel('お客様のお話'), WORDS);
    await asking.getByRole('button', { name: '店舗に依頼する' }).click();
    await asking.getByText('店舗が承りました').waitFor();
    await picture(agent, 'desk-form-return-center-ja-1280');
    await expect.poll(() => returnsAt('osaka').then((list) => list.length)).toBe(before + 1);
    expect((await returnsAt('osaka')).at(-1)?.reason).toBe('wrong_item');
    await asking.getByRole('button', { name: '閉じる' }).click();
    await shut(agent);
  });

  it('is known at the site that comes back', async () => {
    await control('start-site', 'tokyo');
    await ready(center.tokyo);
    await expect
      .poll(() =>
        returnsAt('tokyo').then(
          (list) => list.length,
          () => 0,
        ),
      )
      .toBe(before + 1);
    expect((await returnsAt('tokyo')).at(-1)?.reason).toBe('wrong_item');
    await agent.keyboard.press('Alt+e');
    await agent.getByRole('button', { name: '記録せずに終了' }).click();
    await customer.getByText('担当者が会話を終了しました。').waitFor();
  });
});
