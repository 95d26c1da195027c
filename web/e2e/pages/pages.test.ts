/**
 * The pages themselves, in a real browser, by keyboard, with composed Japanese and under axe, against the stand-in of
 * `e2e/mock`. What the center does is proved by `../chat.test.ts` against a center.
 */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, InputMethod, launch, open, PHONE, picture } from '../support/browser.ts';
import { become, choose, clean, focused, holds, shows, shut } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

const PICTURE = readFileSync(new URL('../../../docs/images/widget-ja-390.png', import.meta.url));
const QUESTION = '注文した白い鉢が割れて届きました。';
const FILE = { name: '割れた鉢.png', mimeType: 'image/png', buffer: PICTURE };

let center: StandIn;
let browser: Browser;
let agent: Page;
let customer: Page;
let chief: Page;

const said = (page: Page) => page.locator('.message:not(.private) .bubble:not(.file)').allTextContents();
const notes = (page: Page) => page.locator('.message.private .bubble').allTextContents();

async function signIn(login: string): Promise<Page> {
  const page = await open(browser, `${center.url}/desk/`, DESK);
  await page.locator('input[name=login]').focus();
  await page.keyboard.type(login);
  await page.keyboard.press('Tab');
  await page.keyboard.type('practice');
  await page.keyboard.press('Enter');
  await page.locator('.header').waitFor();
  return page;
}

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('the main path, by keyboard alone', () => {
  it('signs in and goes ready', async () => {
    agent = await signIn('sato');
    await agent.keyboard.press('Alt+s');
    await agent.getByRole('menuitem', { name: '受付可' }).waitFor();
    await clean(agent);
    await agent.keyboard.press('Enter');
    await agent.locator('button.state.ready').waitFor();
  });

  it('chooses that Enter sends, so that an Enter of the input method could', async () => {
    await agent.keyboard.press('Alt+p');
    await agent.getByText('Enter で送信', { exact: true }).click();
    await clean(agent);
    await shut(agent);
  });

  it('lets a customer answer the questions and begin', async () => {
    customer = await open(browser, `${center.url}/widget/`, PHONE);
    await customer.locator('select').waitFor();
    await clean(customer);
    await picture(customer, 'widget-questions-ja-390');
    const ime = await InputMethod.of(customer);
    await customer.locator('input[name=name]').focus();
    await focused(customer.locator('input[name=name]'));
    await ime.compose('やまだ');
    await ime.confirmingEnter();
    await ime.plainEnter();
    await ime.commit('山田 花子');
    await holds(customer.locator('input[name=name]'), '山田 花子');
    await shows(customer.locator('.message'), 0);
    await customer.keyboard.press('Tab');
    await customer.keyboard.press('ArrowDown');
    await customer.keyboard.press('Tab');
    await customer.keyboard.type('8841');
    await customer.keyboard.press('Tab');
    await customer.keyboard.press('Space');
    await customer.keyboard.press('Tab');
    await customer.keyboard.type(QUESTION);
    await customer.keyboard.press('Tab');
    await customer.keyboard.press('Enter');
    await customer.locator('.place').waitFor();
    await clean(customer);
    await picture(customer, 'widget-place-ja-390');
  });

  it('accepts, and replies with composed text that no Enter of the conversion sends', async () => {
    await agent.locator('.offer', { hasText: '山田 花子' }).waitFor();
    await clean(agent);
    await agent.keyboard.press('a');
    await agent.locator('#reply-box:enabled').waitFor();
    await focused(agent.locator('#reply-box'));
    const ime = await InputMethod.of(agent);
    await ime.compose('もうしわけ');
    await ime.confirmingEnter();
    await ime.plainEnter();
    await ime.commit('申し訳ございません。');
    await holds(agent.locator('#reply-box'), '申し訳ございません。');
    await expect.poll(() => said(agent)).toEqual([QUESTION]);
    await agent.keyboard.press('Enter');
    await expect.poll(() => said(customer)).toEqual([QUESTION, '申し訳ございません。']);
  });

  it('writes a private note, composed, that calls a colleague and that the customer never sees', async () => {
    await agent.keyboard.press('Alt+n');
    await focused(agent.locator('#note-box'));
    const ime = await InputMethod.of(agent);
    await ime.compose('ざいこ');
    await ime.confirmingEnter();
    await ime.plainEnter();
    await ime.commit('在庫を見てください ');
    await holds(agent.locator('#note-box'), '在庫を見てください ');
    await expect.poll(() => notes(agent)).toEqual([]);
    await agent.keyboard.type('@田中');
    await agent.locator('.suggestions').waitFor();
    await clean(agent);
    await agent.keyboard.press('Enter');
    await holds(agent.locator('#note-box'), '在庫を見てください @田中一郎 ');
    await agent.reload();
    await agent.locator('.thread-head').waitFor();
    await agent.keyboard.press('Alt+n');
    await holds(agent.locator('#note-box'), '在庫を見てください @田中一郎 ');
    await focused(agent.locator('#note-box'));
    await agent.keyboard.press('Enter');
    await expect.poll(() => notes(agent)).toEqual(['在庫を見てください @田中一郎']);
    await clean(agent);
    await shows(customer.locator('.message'), 2);
  });

  it('finds a ready-made reply by composed text, and asks for what has no value', async () => {
    await agent.keyboard.press('Alt+r');
    await focused(agent.locator('#reply-box'));
    await agent.keyboard.type('/');
    await focused(agent.locator('.canned .picker-box'));
    const ime = await InputMethod.of(agent);
    await ime.compose('へんぴん');
    await ime.confirmingEnter();
    await ime.plainEnter();
    await ime.commit('返品');
    await agent.locator('.canned [aria-selected=true]', { hasText: '返品を承ります' }).waitFor();
    await clean(agent);
    await agent.keyboard.press('Enter');
    await expect
      .poll(() => agent.locator('#reply-box').inputValue())
      .toBe('ご注文 8841 の返品を承ります。到着から 14 日以内に、{{return.address}} へお送りください。');
    await agent.keyboard.press('Enter');
    await agent.locator('.open-variables', { hasText: '{{return.address}}' }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-reply-ja-1280');
    await expect.poll(() => said(agent)).toEqual([QUESTION, '申し訳ございません。']);
    await agent.locator('#reply-box').fill('');
  });

  it('sends a link that opens in a tab of its own', async () => {
    await agent.locator('#reply-box').fill('手順：https://shop.example/returns をご覧ください。');
    await agent.keyboard.press('Enter');
    const link = customer.locator('.bubble a');
    await expect
      .poll(async () => [await link.getAttribute('href'), await link.getAttribute('rel')])
      .toEqual(['https://shop.example/returns', 'noopener noreferrer']);
    // What came after the note came alone.
    await shows(customer.locator('.message'), 3);
    await clean(agent);
    await clean(customer);
  });

  it('does everything from the palette', async () => {
    await agent.keyboard.press('Control+k');
    await agent.locator('.picker-item').first().waitFor();
    await clean(agent);
    await focused(agent.locator('.picker-box'));
    await agent.keyboard.type('引き継');
    await agent.locator('.picker-item[aria-selected=true]', { hasText: '引き継' }).waitFor();
    await agent.keyboard.press('Enter');
    await agent.locator('.targets').waitFor();
    await expect.poll(() => agent.locator('.target').count()).toBeGreaterThan(5);
    await clean(agent);
    await picture(agent, 'desk-transfer-ja-1280');
    await shut(agent);
  });

  it('sends a picture, which both see', async () => {
    await agent.setInputFiles('#attach-input', FILE);
    await agent.locator('.bubble.file canvas').waitFor();
    await customer.locator('.bubble.file canvas').waitFor();
    await expect
      .poll(() => agent.locator('.bubble.file canvas').evaluate((c: HTMLCanvasElement) => c.width))
      .toBeGreaterThan(100);
    await clean(agent);
    await clean(customer);
  });

  it('changes a key and uses it', async () => {
    await agent.locator('#reply-box').press('Escape');
    await agent.keyboard.press('?');
    await agent.locator('.keys').waitFor();
    await clean(agent);
    const macro = agent.locator('.keys li', { hasText: 'マクロを実行' });
    await macro.locator('button').press('Enter');
    await agent.keyboard.press('Alt+y');
    await macro.getByText(/^y$/i).waitFor();
    await shut(agent);
    await agent.keyboard.press('Alt+y');
    await agent.locator('.picker-item', { hasText: '交換を約束して終了' }).waitFor();
    await clean(agent);
    await shut(agent);
  });

  it('closes with a record, and the customer says how it was', async () => {
    await agent.keyboard.press('Alt+e');
    await agent.getByLabel('終了コード').waitFor();
    await clean(agent);
    await picture(agent, 'desk-wrap-ja-1280');
    await agent.getByLabel('終了コード').selectOption('order.broken');
    await agent.getByLabel('要約').fill('鉢の破損。交換を手配。');
    await agent.getByLabel('タグ').press('Enter');
    await agent.getByText('記録：破損').waitFor();
    await customer.locator('.scores input').nth(3).check();
    await clean(customer);
    await picture(customer, 'widget-rate-ja-390');
    await customer.getByRole('button', { name: '評価を送る' }).click();
    await customer.getByText('ご協力ありがとうございました').waitFor();
    await agent.getByText('お客様の評価 4/5').waitFor();
  });
});

describe('the supervisor', () => {
  it('sees the floor and why a contact waits', async () => {
    await become(agent, '休憩', 'away');
    for (const [reason, question] of [
      ['return', '返品の手順を教えてください。'],
      ['order', '届く日を変えられますか？'],
      ['return', '箱を捨てても返品できますか？'],
    ] as const) {
      const waiting = await open(browser, `${center.url}/widget/?queue=support`, PHONE);
      await waiting.locator('select').selectOption(reason);
      await waiting.locator('input[type=radio]').first().check();
      await waiting.locator('textarea').fill(question);
      await waiting.locator('button.primary').click();
      await waiting.locator('.place').waitFor();
    }
    chief = await signIn('chief');
    await chief.getByRole('button', { name: 'フロア' }).click();
    await chief.locator('tr[data-bad=true]', { hasText: '目標超過' }).waitFor();
    await clean(chief);
    await picture(chief, 'console-floor-ja-1280');
    await chief.getByRole('button', { name: 'なぜ？' }).first().press('Enter');
    await chief.locator('.why-now').waitFor();
    await clean(chief);
    await picture(chief, 'console-why-ja-1280');
    await shut(chief);
  });

  it('forces a state by keyboard, and the agent sees it', async () => {
    await chief.getByRole('button', { name: '佐藤 美咲: 状態を変える' }).press('Enter');
    await choose(chief, '会議');
    await agent.locator('button.state.away', { hasText: '会議' }).waitFor();
    await chief.getByText('保存しました。').waitFor();
  });

  it('reads along, whispers and takes over', async () => {
    await chief.getByRole('button', { name: '会話を見る' }).first().click();
    await chief.locator('.thread-head').waitFor();
    await chief.locator('#reply-box:disabled').waitFor();
    await chief.keyboard.press('Alt+n');
    await chief.getByLabel('担当者へのささやきとして残す').check();
    await chief.locator('#note-box').fill('返品の期限は 14 日です。');
    await chief.locator('#note-box').press('Control+Enter');
    await chief.getByText('ささやき：自分').waitFor();
    await clean(chief);
    await chief.keyboard.press('Alt+g');
    await chief.locator('.work .item:not(.past)').waitFor();
    await chief.keyboard.press('Alt+r');
    await chief.locator('#reply-box:enabled').waitFor();
  });

  it('finds what was said, and goes on to older conversations', async () => {
    await chief.keyboard.press('Alt+l');
    await chief.getByRole('dialog').getByRole('textbox').fill('返品');
    await chief.locator('.found li').first().waitFor();
    const older = chief.getByRole('button', { name: 'さらに古い会話を探す' });
    await clean(chief);
    await picture(chief, 'desk-search-ja-1280');
    await chief.setViewportSize(PHONE);
    await clean(chief);
    await picture(chief, 'desk-search-ja-390');
    await chief.setViewportSize(DESK);
    await shows(chief.locator('.found li'), 1);
    await older.press('Enter');
    await expect.poll(() => chief.locator('.found li').count()).toBeGreaterThan(1);
    await older.waitFor({ state: 'detached' });
    // Nothing is left to ask for: the focus went to the first one that came.
    await focused(chief.locator('.found li').nth(1).getByRole('button'));
    await shut(chief);
  });

  it('sets everything up on pages without a fault', async () => {
    await chief.getByRole('button', { name: '管理' }).click();
    for (const tab of [
      '営業時間',
      'アカウント',
      '離席理由',
      '優先度',
      'お客様の区分',
      'ご提案',
      '定型文',
      'マクロ',
      '終了コード',
      'お客様画面',
      '変更履歴',
      '窓口',
    ]) {
      await chief.locator('.admin-tabs').getByRole('button', { name: tab, exact: true }).click();
      await chief.locator('.board .card').first().waitFor();
      const first = chief.locator('.editor .item').first();
      if ((await first.count()) > 0) await first.click();
      await clean(chief, tab);
    }
    await chief.getByLabel('表示名').fill('総合窓口');
    await picture(chief, 'console-admin-ja-1280');
    await chief.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.editor .item', { hasText: '総合窓口' }).waitFor();
  });

  it('is the same in English, in the dark and on a phone', async () => {
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await chief.getByRole('button', { name: 'Switch between light and dark' }).click();
    await clean(chief);
    await chief.getByRole('button', { name: 'Floor' }).click();
    await chief.getByRole('button', { name: 'Why?' }).first().waitFor();
    await clean(chief);
    await picture(chief, 'console-floor-en-1280');
    await chief.setViewportSize(PHONE);
    await clean(chief);
    await picture(chief, 'console-floor-en-390');
  });
});

describe('the customer', () => {
  it('goes on at another device by a link that works once', async () => {
    await customer.getByRole('button', { name: '新しい会話' }).click();
    await customer.locator('select').selectOption('order');
    await customer.locator('input[type=radio]').first().check();
    await customer.locator('textarea').fill('もう一つ質問があります。');
    await customer.locator('button.primary').click();
    await customer.getByRole('button', { name: '別の端末で続ける' }).click();
    const url = await customer.locator('.notice input').inputValue();
    await clean(customer);
    const other = await open(browser, url, DESK);
    await expect.poll(() => said(other)).toEqual(['もう一つ質問があります。']);
    await expect.poll(() => other.url()).not.toContain('resume');
    await clean(other);
    const late = await open(browser, url, PHONE);
    await late.getByText('このリンクは使い終わったか').waitFor();
  });

  it('meets an embedded widget without a fault', async () => {
    const shop = await open(browser, `${center.url}/widget/example.html`, DESK);
    await clean(shop);
    await shop.locator('.launcher').click();
    await shop.locator('.start select').waitFor();
    await clean(shop);
  });
});

it('says what an older center does not have', async () => {
  const page = await signIn('smith');
  await page.route(/\/api\/v1\/(canned|macros|search|agents|queues)/, (route) =>
    route.fulfill({ status: 404, contentType: 'application/json', body: '{"reason":"no_such_page"}' }),
  );
  await page.reload();
  await page.locator('.header').waitFor();
  await page.keyboard.press('Alt+l');
  await page.getByPlaceholder('お名前・フリガナ').fill('鉢');
  await page.getByText('このセンターでは、まだ使えません。').waitFor();
  await shut(page);
});

it('complained about nothing', () => {
  expect(complaints).toEqual([]);
});
