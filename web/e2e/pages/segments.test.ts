/** Segments and offers: at the agent's side, and where supervisors keep them. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { DESK, launch, open, PHONE, picture, signedIn } from '../support/browser.ts';
import { answered, become, clean, holds } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;

const signIn = (login: string, size = DESK) => signedIn(browser, center.url, login, size);

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('what to propose next', () => {
  let agent: Page;

  beforeAll(async () => {
    agent = await signIn('sato');
    await become(agent, '受付可', 'ready');
    const customer = await open(browser, `${center.url}/widget/`, PHONE);
    await customer.locator('select').selectOption('order');
    await customer.locator('input[name=name]').fill('山本 結衣');
    await customer.locator('input[type=radio]').first().check();
    await customer.locator('textarea').fill('棚のことで相談です。');
    await customer.locator('button.primary').click();
  });

  it('is on the card before the answer', async () => {
    const card = agent.locator('.offer');
    await card.getByText('延長保証（3 年）').waitFor();
    await clean(agent);
    await picture(agent, 'desk-offer-next-ja-1280');
    await agent.keyboard.press('a');
  });

  it('stands beside the talk with what the customer is worth', async () => {
    const pane = agent.locator('.customer');
    await pane.getByRole('tab', { name: '情報' }).click();
    const worth = pane.getByRole('region', { name: 'お取引' });
    await worth.getByText('6 回のご購入').waitFor();
    await worth.getByText('R5 F3 M5').waitFor();
    await clean(agent);
    await picture(agent, 'desk-worth-ja-1280');
  });

  it('rests once the customer has said no', async () => {
    const offers = agent.locator('.customer').getByRole('region', { name: '次のご提案' });
    await offers.getByRole('button', { name: '辞退' }).click();
    await agent.getByText('お返事を記録しました。').first().waitFor();
    await offers.waitFor({ state: 'detached' });
  });
});

describe('segments', () => {
  let chief: Page;

  beforeAll(async () => {
    chief = await signIn('chief');
    await chief.getByRole('button', { name: '管理' }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: 'お客様の区分' }).click();
  });

  it('are made of conditions in rows', async () => {
    await chief.getByRole('button', { name: '＋ 新規' }).click();
    const form = chief.locator('form.card');
    await form.getByLabel('記号（a–z 0–9 _）').fill('gold');
    await form.getByLabel('名前（日本語）').fill('ゴールド会員');
    await form.getByLabel('名前（英語）').fill('Gold members');
    await form.getByLabel('何が').selectOption('tier');
    await form.getByLabel('値').fill('ゴールド');
    await clean(chief);
    await picture(chief, 'console-segment-ja-1280');
    await form.getByRole('button', { name: '保存', exact: true }).click();
    const line = chief.locator('.editor button.item', { hasText: 'ゴールド会員' });
    await line.click();
    await holds(chief.locator('form.card').getByLabel('値'), 'ゴールド');
  });

  it('have offers, and who looks at it on a phone in English sees the same', async () => {
    await chief.locator('.admin-tabs').getByRole('button', { name: 'ご提案' }).click();
    await chief.locator('.editor button.item', { hasText: '延長保証' }).click();
    await chief.locator('form.card').getByLabel('返事のあと出さない日数').fill('30');
    await answered(chief, 'PUT', '/api/v1/segments', () =>
      chief.locator('form.card').getByRole('button', { name: '保存', exact: true }).click(),
    );
    await chief.getByText('保存しました。').first().waitFor();
    const phone = await signIn('chief', PHONE);
    await phone.getByRole('button', { name: 'Switch to English' }).click();
    await phone.getByRole('button', { name: 'Administration' }).click();
    await phone.locator('.admin-tabs').getByRole('button', { name: 'Offers' }).click();
    await phone.locator('.editor button.item', { hasText: 'Longer warranty' }).click();
    await clean(phone);
    await picture(phone, 'console-offer-en-390');
  });
});
