/** Who the customer is, against a center: written down at one site, chosen, and on the card before the answer at the other. */
import { call, signIn as signedIn, uuid } from '@madoguchi/shared';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, launch, open, PHONE, picture } from './support/browser.ts';
import { center, contacts, ready } from './support/center.ts';
import { focused, shut } from './support/look.ts';

const TOKYO = [{ name: 'tokyo', url: center.tokyo }];
const OSAKA = [{ name: 'osaka', url: center.osaka }];
/** A number of its own for each run; the practice center has no other such. */
const PHONE_NUMBER = `0708${String(Date.now()).slice(-7)}`;
const NAME = '柏木 紬';
const KANA = 'カシワギ ツムギ';

let token: string;
let browser: Browser;
let agent: Page;
let customer: Page;

const pane = () => agent.locator('.customer');
const person = (name: string) => pane().locator('.who-name', { hasText: name });

async function end(): Promise<void> {
  await agent.keyboard.press('Alt+e');
  await agent.getByRole('button', { name: '記録せずに終了' }).click();
  await expect.poll(contacts).toBe(0);
}

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  ({ token } = await signedIn(TOKYO, center.supervisor, center.password));
  browser = await launch();
  agent = await open(browser, `${center.tokyo}/desk/`, DESK);
  customer = await open(browser, `${center.tokyo}/widget/`, PHONE);
  await agent.locator('input[name=login]').fill(center.login);
  await agent.locator('input[name=password]').fill(center.password);
  await agent.keyboard.press('Enter');
  await agent.locator('.header').waitFor();
  await agent.keyboard.press('Alt+s');
  await agent.getByRole('menuitem', { name: '受付可' }).click();
  await agent.locator('button.state.ready').waitFor();
});

afterAll(async () => {
  await browser?.close();
});

describe('a known customer', () => {
  it('is written down at one site and found at the other', async () => {
    const fields = { name: NAME, kana: KANA, tier: 'ゴールド', note: 'お急ぎの方。' };
    const identities = [{ kind: 'phone', namespace: '', value: PHONE_NUMBER }];
    const body = { change: uuid(), fields, identities };
    await call(TOKYO, { method: 'POST', path: '/api/v1/prospects', token, body });
    const path = `/api/v1/customers?phone=${PHONE_NUMBER}`;
    const names = async () => {
      const found = await call<{ customers: { fields: { name: string } }[] }>(OSAKA, { path, token });
      return found.customers.map((one) => one.fields.name);
    };
    await expect.poll(names).toEqual([NAME]);
    await agent.keyboard.press('Alt+l');
    await focused(agent.getByRole('dialog').getByRole('textbox'));
    await agent.keyboard.type('かしわぎ');
    await agent.getByRole('region', { name: 'お客様' }).getByText(KANA).first().waitFor();
    await shut(agent);
  });

  it('is nobody yet in a browser; the agent notes the number and says who it is', async () => {
    await customer.locator('.start select').selectOption('delivery');
    await customer.locator('.start textarea').fill('先日の件です。');
    await customer.locator('.start button.primary').click();
    await agent.locator('.offer').waitFor();
    await agent.locator('.offer').getByText('はじめてのお客様').waitFor();
    await agent.locator('.offer button').first().click();
    await pane().getByRole('tab', { name: '情報' }).click();
    const contactsOf = pane().locator('.identities');
    await contactsOf.getByRole('button', { name: '追加' }).click();
    await contactsOf.getByLabel('値').fill(PHONE_NUMBER);
    await agent.keyboard.press('Enter');
    await pane()
      .getByRole('button', { name: `${NAME} 様：この方です` })
      .click();
    await person(NAME).waitFor();
    await picture(agent, 'desk-customer-real-ja-1280');
    await end();
  });

  it('is on the card before the answer when they write again', async () => {
    await customer.locator('.composer textarea').fill('もう一つ伺います。');
    await customer.locator('.composer textarea').press('Enter');
    const card = agent.locator('.offer');
    await card.getByText(KANA).waitFor();
    for (const text of ['ゴールド', 'お急ぎの方。']) await card.getByText(text).waitFor();
    await picture(agent, 'desk-customer-real-offer-ja-1280');
    await card.locator('button').first().click();
    await person(NAME).waitFor();
  });

  it('has the talk in the timeline, and one field is changed without the others', async () => {
    // It is read when it is opened.
    await expect
      .poll(async () => {
        await pane().getByRole('tab', { name: '情報' }).click();
        await pane().getByRole('tab', { name: '履歴' }).click();
        await pane().locator('.moment').first().waitFor();
        return pane().locator('.moment', { hasText: 'チャット' }).count();
      })
      .toBeGreaterThan(0);
    await pane().getByRole('tab', { name: '情報' }).click();
    await pane().getByRole('button', { name: '申し送りを変更' }).click();
    await pane().getByRole('textbox', { name: '申し送り' }).fill('夕方がよい。');
    await agent.keyboard.press('Enter');
    await pane().locator('.who-note', { hasText: '夕方がよい。' }).waitFor();
    const path = `/api/v1/customers?phone=${PHONE_NUMBER}`;
    const seen = async () => {
      const found = await call<{ customers: { fields: Record<string, string> }[] }>(OSAKA, { path, token });
      return found.customers.map((one) => [one.fields.note, one.fields.tier]);
    };
    await expect.poll(seen).toEqual([['夕方がよい。', 'ゴールド']]);
  });

  it('is taken apart again', async () => {
    await pane().getByRole('tab', { name: '統合' }).click();
    await pane().getByRole('button', { name: '統合を解く' }).click();
    await pane().getByRole('region', { name: 'どなたですか？' }).waitFor();
    await end();
  });

  it('complained about nothing', () => {
    expect(complaints).toEqual([]);
  });
});
