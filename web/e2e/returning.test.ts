/** A return, from the customer's form in the chat to the shop's yes, through the death of the site where it began. */
import { call, signIn, uuid } from '@madoguchi/shared';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK, launch, open, PHONE, picture } from './support/browser.ts';
import { center, control, ready, stored } from './support/center.ts';
import { shut } from './support/look.ts';

const TOKYO = [{ name: 'tokyo', url: center.tokyo }];
const OSAKA = [{ name: 'osaka', url: center.osaka }];
const NUMBER = 'A-10001';
const NAME = `返品 ${uuid().slice(0, 8)}`;
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

interface Told {
  order: { id: string; record: string; returns: { state: string; reason?: string }[] };
}

let browser: Browser;
let agent: Page;
let customer: Page;
let token: string;
let record = '';
const link = uuid();

const told = () => call<Told>(OSAKA, { path: `/api/v1/orders?shop=ec&number=${NUMBER}`, token });

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  ({ token } = await signIn(OSAKA, center.supervisor, center.password));
  browser = await launch();
  agent = await open(browser, `${center.tokyo}/desk/`, DESK);
  await agent.locator('input[name=login]').fill(center.login);
  await agent.locator('input[name=password]').fill(center.password);
  await agent.keyboard.press('Enter');
  await agent.locator('.header').waitFor();
  await agent.keyboard.press('Alt+s');
  await agent.getByRole('menuitem', { name: '受付可' }).click();
  customer = await open(browser, `${center.tokyo}/widget/`, PHONE);
});

afterAll(async () => {
  // Other stories meet the shop's customer as they were.
  const undone = { method: 'DELETE', path: `/api/v1/customers/${record}/links/${link}`, token } as const;
  if (record) await call(OSAKA, undone).catch(() => {});
  await control('start-site', 'tokyo').catch(() => {});
  await ready(center.tokyo);
  await browser?.close();
});

describe('a return', () => {
  it('is begun by the customer with a form and a photo', async () => {
    // The shop told of its orders.
    await expect.poll(() => told().catch(() => null)).not.toBeNull();
    await customer.locator('.start input[name=name]').fill(NAME);
    await customer.locator('.start select').selectOption('return');
    await customer.getByLabel('ご注文番号').fill(NUMBER);
    await customer.locator('.start textarea').fill('届いた品物が割れていました。');
    await customer.locator('.start button').click();
    const card = agent.locator('.offer', { hasText: NAME });
    await card.waitFor();
    await card.locator('button').first().click();
    const photo = { name: 'broken.png', mimeType: 'image/png', buffer: Buffer.from(PIXEL, 'base64') };
    await customer.locator('input[type=file]').setInputFiles(photo);
    await agent.locator('.thread').getByText('broken.png').first().waitFor();
    await agent.locator('.customer').getByText(NUMBER).waitFor();
  });

  it('has the shop’s refusal told in the chat, once, while the site that asked dies', async () => {
    const conversation = await customer.evaluate(
      () => JSON.parse(localStorage.getItem('madoguchi.widget.session') ?? '{}').conversation,
    );
    const opened = (await stored('tokyo', conversation)).find((one) => one.what === 'opened');
    if (opened?.what !== 'opened') throw new Error('the conversation has no beginning');
    const { order } = await told();
    record = order.record;
    // Whose order it is: somebody of the center says so.
    const path = `/api/v1/customers/${order.record}/links`;
    const body = { link, other: opened.customer };
    const linked = () => call(OSAKA, { method: 'POST', path, token, body }).then(() => true);
    await expect.poll(() => linked().catch(() => false)).toBe(true);
    // What is on its way is not cancelled.
    const asking = {
      id: uuid(),
      order: order.id,
      conversation,
      do: { kind: 'cancel_order', reason: 'changed_mind' },
    };
    await call(TOKYO, { method: 'POST', path: '/api/v1/shop-commands', token, body: asking });
    await control('kill-site', 'tokyo');
    const done = `/api/v1/shop-commands/${asking.id}`;
    const state = () => call<{ told?: string }>(OSAKA, { path: done, token }).then((one) => one.told);
    await expect.poll(() => state().catch(() => null)).toBe('told');
    const answer = customer.locator('.log .message', {
      hasText: `キャンセルできませんでした（注文 ${NUMBER}）`,
    });
    await answer.getByText('すでに発送の準備に入っています。').waitFor();
    await agent.locator('.log').getByText('すでに発送の準備に入っています。').waitFor();
    const texts = async () =>
      (await stored('osaka', conversation)).filter(
        (one) => one.what === 'message' && one.by.kind === 'system',
      );
    await expect.poll(async () => (await texts()).length).toBe(1);
    expect(await answer.count()).toBe(1);
    await picture(customer, 'widget-shop-told-ja-390');
    await picture(agent, 'desk-shop-told-ja-1280');
  });

  it('goes on at the other site when this one dies', async () => {
    await agent.locator('.header').getByText('osaka').waitFor();
    // The agent finds whose order it is by its number.
    await expect
      .poll(async () => {
        await agent.keyboard.press('Escape');
        await agent.keyboard.press('Alt+l');
        await agent.getByRole('dialog').getByRole('textbox').fill(NUMBER);
        const found = agent.getByRole('region', { name: 'お客様' }).getByRole('button').first();
        return found.click({ timeout: 10_000 }).then(
          () => true,
          () => false,
        );
      })
      .toBe(true);
  });

  it('is confirmed by the shop, and the customer is told', async () => {
    const record = agent.getByRole('dialog', { name: 'お客様の記録' });
    await record.getByRole('tab', { name: '注文', exact: true }).click();
    const one = record.locator('.orders > li', { hasText: NUMBER });
    const before = (await told()).order.returns.length;
    await one.getByRole('button', { name: /返品を受ける/ }).click();
    const form = one.getByRole('form', { name: '返品を受ける' });
    await form.getByLabel('理由').selectOption('damaged');
    await form.getByLabel('お客様のお話').fill('届いた品物が割れていた');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('店舗が承りました').waitFor();
    await picture(agent, 'desk-return-confirmed-ja-1280');
    await expect.poll(() => told().then(({ order }) => order.returns.length)).toBe(before + 1);
    expect((await told()).order.returns.at(-1)?.reason).toBe('damaged');
    await shut(agent);
    await agent.locator('.composer textarea').first().fill('返品を承りました。');
    await agent.locator('.composer textarea').first().press('Control+Enter');
    await customer.getByText('返品を承りました。').waitFor();
    await agent.keyboard.press('Alt+e');
    await agent.getByRole('button', { name: '記録せずに終了' }).click();
    await customer.getByText('担当者が会話を終了しました。').waitFor();
  });
});
