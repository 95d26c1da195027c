/** A return, from the customer's form in the chat to the shop's yes, through the death of the site where it began. */
import { call, signIn, uuid } from '@madoguchi/shared';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK, launch, open, PHONE, picture } from './support/browser.ts';
import { center, control, ready } from './support/center.ts';
import { shut } from './support/look.ts';

const OSAKA = [{ name: 'osaka', url: center.osaka }];
const NUMBER = 'A-10001';
const NAME = `返品 ${uuid().slice(0, 8)}`;
const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

interface Told {
  order: { id: string; returns: { state: string; reason?: string }[] };
}

let browser: Browser;
let agent: Page;
let customer: Page;
let token: string;

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

  it('goes on at the other site when this one dies', async () => {
    await control('kill-site', 'tokyo');
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
