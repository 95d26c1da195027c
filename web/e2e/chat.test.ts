import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, InputMethod, launch, open, PHONE, picture } from './support/browser.ts';
import { center, contacts, control, ready, stored } from './support/center.ts';
import { focused, holds } from './support/look.ts';

const pick = (of: string) => of.split(' ')[Math.floor(Math.random() * 12)] ?? '';
const someone = () =>
  `${pick('佐藤 鈴木 高橋 田中 伊藤 渡辺 山本 中村 小林 加藤 吉田 山田')} ${pick('花子 陽菜 結衣 美咲 葵 凛 蓮 湊 大翔 樹 悠真 颯太')}`;
const NAME = someone();
const SECOND = `Emma ${pick('Brown Clark Evans Green Hill King Lewis Moore Parker Reed Scott Young')}`;
const QUESTION = '注文した白い鉢が割れて届きました。';
const GREETING = 'ご不便をおかけし、申し訳ございません。\n写真はございますか？';
const COMPOSED = 'はい、写真があります。';
const BEFORE = '届け先は大阪市で、';
const AFTER = '明日の午前中にお願いします。';
const ANSWER = '承知いたしました。明日の午前中にお届けします。';
const WHOLE = [QUESTION, GREETING, COMPOSED, BEFORE + AFTER, ANSWER];

let browser: Browser;
let agent: Page;
let customer: Page;
let conversation = '';
let tokyoIsDown = false;

const box = (page: Page): Locator => page.locator('.composer textarea');
const bubbles = (page: Page): Locator => page.locator('.message .bubble');
const texts = (page: Page): Promise<string[]> => bubbles(page).allTextContents();

/** Waits until the page shows exactly these messages, in this order. */
const reads = (page: Page, wanted: string[]) =>
  expect.poll(() => texts(page), { interval: 50 }).toEqual(wanted);

const remembered = (page: Page): Promise<string> =>
  page.evaluate(
    () => JSON.parse(localStorage.getItem('madoguchi.widget.session') ?? '{}').conversation ?? '',
  );

const held = (): Locator => agent.locator('.work .item:not(.past)');

/** Ends the conversation that is open in the middle; waits until the agent no longer holds it. */
async function closeOpenOne(): Promise<void> {
  const before = await held().count();
  await agent.keyboard.press('Alt+e');
  await agent.getByRole('button', { name: '記録せずに終了' }).click();
  await expect.poll(() => held().count()).toBe(before - 1);
}

/** Takes and ends one conversation that an earlier, broken run left; gives how many there were. */
async function clearOne(): Promise<number> {
  const left = await contacts();
  if (left === 0) return 0;
  const accept = agent.locator('.offer button').first();
  if ((await held().count()) > 0) await held().first().click();
  else if (await accept.isVisible()) await accept.click();
  else return left;
  await agent.locator('.composer textarea:enabled').waitFor();
  await closeOpenOne();
  return left;
}

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  browser = await launch();
  agent = await open(browser, `${center.tokyo}/desk/`, DESK);
  customer = await open(browser, `${center.tokyo}/widget/`, PHONE);
});

afterAll(async () => {
  await browser?.close();
  if (tokyoIsDown) await control('start-site', 'tokyo');
});

describe('a customer and an agent, through the death of their site', () => {
  it('signs the agent in and makes them ready', async () => {
    await picture(agent, 'sign-in-ja-1280');
    await agent.locator('input[name=login]').fill(center.login);
    await agent.locator('input[name=password]').fill(center.password);
    await agent.keyboard.press('Enter');
    await agent.locator('button.state').click();
    await agent.getByRole('menuitem', { name: '受付可' }).click();
    await agent.locator('button.state.ready').waitFor();
  });

  it('has an empty floor before it begins', async () => {
    await expect.poll(clearOne, { timeout: 100_000, interval: 200 }).toBe(0);
    await agent.locator('button.state.ready').waitFor();
  });

  it('brings the customer’s question to the agent as a card', async () => {
    await picture(customer, 'widget-start-ja-390');
    await customer.locator('.start input[name=name]').fill(NAME);
    await customer.locator('.start select').selectOption('delivery');
    await customer.locator('.start textarea').fill(QUESTION);
    await customer.locator('.start button').click();
    const card = agent.locator('.offer', { hasText: NAME });
    await card.waitFor();
    await picture(agent, 'desk-offer-ja-1280');
    await card.locator('button').first().click();
    await reads(agent, [QUESTION]);
    await expect.poll(() => remembered(customer)).toMatch(/./);
    conversation = await remembered(customer);
  });

  it('carries the agent’s answer back, and shows it as read', async () => {
    await box(agent).fill(GREETING);
    await box(agent).press('Control+Enter');
    await reads(customer, [QUESTION, GREETING]);
    await agent.locator('.message.own [data-mark=markRead]').waitFor();
    await customer.locator('.message.own [data-mark=read]').waitFor();
  });

  it('does not send on an Enter that belongs to the input method', async () => {
    const ime = await InputMethod.of(customer);
    await box(customer).focus();
    await focused(box(customer));
    await ime.compose('はい、しゃしんが');
    await agent.locator('.thread .typing', { hasText: 'お客様が入力しています' }).waitFor();
    await ime.confirmingEnter();
    await ime.plainEnter();
    await expect.poll(() => box(customer).inputValue()).toContain('はい、しゃしんが');
    await reads(customer, [QUESTION, GREETING]);
    await ime.commit('はい、写真が');
    await ime.compose('あります。');
    await ime.plainEnter();
    await ime.commit('あります。');
    await holds(box(customer), COMPOSED);
    await reads(customer, [QUESTION, GREETING]);
    await box(customer).press('Enter');
    await reads(agent, [QUESTION, GREETING, COMPOSED]);
  });

  it('keeps a draft of the agent’s through a reload', async () => {
    await box(agent).fill('書きかけの返信');
    await agent.reload();
    await reads(agent, [QUESTION, GREETING, COMPOSED]);
    await holds(box(agent), '書きかけの返信');
    await box(agent).fill('');
    await picture(agent, 'desk-ja-1280');
    await picture(customer, 'widget-ja-390');
  });

  it('sends what was typed while the site died, once, at the other site', async () => {
    await box(customer).pressSequentially(BEFORE);
    // It is told for some seconds only.
    const moved = customer.locator('.banner', { hasText: 'osaka' }).waitFor();
    const killed = control('kill-site', 'tokyo');
    tokyoIsDown = true;
    await box(customer).pressSequentially(AFTER);
    await box(customer).press('Enter');
    await Promise.all([killed, moved]);
    await reads(agent, WHOLE.slice(0, 4));
    await reads(customer, WHOLE.slice(0, 4));
    await picture(customer, 'widget-moved-ja-390');
    await picture(agent, 'desk-moved-ja-1280');
    await agent.locator('.site', { hasText: 'osaka' }).waitFor();
  });

  it('goes on at the other site', async () => {
    await box(agent).fill(ANSWER);
    await box(agent).press('Control+Enter');
    await reads(customer, WHOLE);
    await reads(agent, WHOLE);
    // A site tells what it has followed so far.
    const messages = async () =>
      (await stored('osaka', conversation)).flatMap((e) => (e.what === 'message' ? [e.text] : []));
    await expect.poll(messages).toEqual(WHOLE);
    const events = await stored('osaka', conversation);
    expect(events.map((e) => e.number)).toEqual(events.map((_, i) => i + 1));
  });

  it('shows everything in English too', async () => {
    await agent.getByRole('button', { name: 'Switch to English' }).click();
    await customer.getByRole('button', { name: 'English' }).click();
    await agent.getByText('You took the conversation').first().waitFor();
    await customer.getByText('An agent has joined.').first().waitFor();
    await picture(agent, 'desk-en-1280');
    await picture(customer, 'widget-en-390');
    await agent.setViewportSize(PHONE);
    await customer.setViewportSize(DESK);
    await picture(agent, 'desk-en-390');
    await picture(customer, 'widget-en-1280');
    await customer.getByRole('button', { name: '日本語' }).click();
    await agent.getByRole('button', { name: '日本語に切り替える' }).click();
    await picture(agent, 'desk-ja-390');
    await picture(customer, 'widget-ja-1280');
    await agent.setViewportSize(DESK);
    await customer.setViewportSize(PHONE);
  });

  it('resumes after a reload at the site that came back', async () => {
    await control('start-site', 'tokyo');
    tokyoIsDown = false;
    await ready(center.tokyo);
    await customer.reload();
    await reads(customer, WHOLE);
  });

  it('holds a second conversation, with a company page’s launcher that counts what is unread', async () => {
    const shop = await open(browser, `${center.osaka}/widget/example.html`, DESK);
    await shop.locator('.launcher').click();
    await shop.locator('.start input[name=name]').fill(SECOND);
    await shop.locator('.start select').selectOption('return');
    await shop.locator('.start textarea').fill('返品できますか？');
    await picture(shop, 'widget-embedded-ja-1280');
    await shop.locator('.start button').click();
    await agent.locator('.offer', { hasText: SECOND }).waitFor();
    await agent.locator('.composer textarea').press('Escape');
    await agent.keyboard.press('a');
    await reads(agent, ['返品できますか？']);
    await shop.keyboard.press('Escape');
    await box(agent).fill('はい、承ります。');
    await box(agent).press('Control+Enter');
    await shop.getByRole('button', { name: '新しい返信 1 件' }).click();
    await reads(shop, ['返品できますか？', 'はい、承ります。']);
    await agent.keyboard.press('Alt+1');
    await reads(agent, WHOLE);
    await picture(agent, 'desk');
    await agent.keyboard.press('Alt+2');
    await closeOpenOne();
    await shop.getByText('担当者が会話を終了しました。').waitFor();
    await agent.keyboard.press('Alt+1');
    await reads(agent, WHOLE);
    await shop.context().close();
  });

  it('ends for both when the agent closes it', async () => {
    await closeOpenOne();
    await customer.getByText('担当者が会話を終了しました。').waitFor();
    await agent.getByText('担当者が会話を終了しました').waitFor();
    await agent.locator('.work .item', { hasText: NAME }).locator('.tag', { hasText: '終了' }).waitFor();
    await agent.locator('button.state').click();
    await agent.getByRole('menuitem', { name: '受付終了' }).click();
    await agent.locator('button.state.offline').waitFor();
    expect(complaints).toEqual([]);
  });
});
