/** What agents ask of shops, from the orders of a customer: forms, their answers, and the stock. Against the stand-in of `e2e/mock`. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, InputMethod, launch, open, PHONE, picture, signedIn } from '../support/browser.ts';
import { answered, become, clean, focused, holds, shows } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let agent: Page;
let pane: Locator;

const order = (number: string) => pane.locator('ol.orders > li', { hasText: number });

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  agent = await signedIn(browser, center.url, 'sato');
  pane = agent.locator('.customer');
  await become(agent, '受付可', 'ready');
  const customer = await open(browser, `${center.url}/widget/`, PHONE);
  await customer.locator('select').selectOption('order');
  await customer.locator('input[name=name]').fill('山本 結衣');
  await customer.locator('input[type=radio]').first().check();
  await customer.locator('textarea').fill('届け先を変えたいです。');
  await customer.locator('button.primary').click();
  await agent.locator('.offer').getByText('ヤマモト ユイ').waitFor();
  await agent.keyboard.press('a');
  await pane.locator('.who-name', { hasText: '山本 結衣' }).waitFor();
  // The customer sends what shows the damage.
  const photo = { name: 'ware.txt', mimeType: 'text/plain', buffer: Buffer.from('割れた鉢') };
  await customer.locator('input[type=file]').setInputFiles(photo);
  await agent.locator('.thread').getByText('ware.txt').first().waitFor();
  await pane.getByRole('tab', { name: '注文', exact: true }).click();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('an order', () => {
  it('hides where it goes until that is asked for', async () => {
    const one = order('A-9002');
    await one.getByText('山本 結衣').waitFor();
    await shows(one.getByText('大阪市北区'), 0);
    for (const text of ['まで変更できます', 'ネット通販', '代金引換 未払い'])
      await shows(one.getByText(text), 1, text);
    await clean(agent);
    await picture(agent, 'desk-orders-ja-1280');
  });

  it('says why a shop cannot be asked', async () => {
    await order('S-77').getByText('センターとつながっていない').waitFor();
    await shows(order('S-77').getByRole('button'), 0);
    await order('A-8841').getByRole('button', { name: '返品を受ける（A-8841）' }).waitFor();
    expect(
      await order('A-8841')
        .getByRole('button', { name: /取り消す/ })
        .count(),
    ).toBe(0);
  });

  it('goes to another place at another time once the shop says yes', async () => {
    const one = order('A-9002');
    await one.getByRole('button', { name: 'お届けを変更（A-9002）' }).click();
    const form = one.getByRole('form', { name: 'お届けを変更' });
    await form.getByText('いまの住所は伏せています').waitFor();
    await holds(form.getByLabel('住所'), '');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('変わるところがありません').waitFor();
    await clean(agent);
    await picture(agent, 'desk-order-delivery-ja-1280');
    await one.getByRole('button', { name: '住所を表示' }).click();
    await one.getByText('5300001 大阪市北区梅田 1-1-1').waitFor();
    await holds(form.getByLabel('住所'), '大阪市北区梅田 1-1-1');
    const ime = await InputMethod.of(agent);
    const box = form.getByLabel('住所');
    await box.fill('');
    await focused(box);
    await ime.compose('きょうと');
    await ime.confirmingEnter();
    await ime.plainEnter();
    await ime.commit('京都市中京区 2-2');
    await holds(box, '京都市中京区 2-2');
    await form.getByLabel('お届け日').fill('2030-04-05');
    const asked = form.getByText('返事を待っています').waitFor();
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await asked;
    await form.getByText('店舗が承りました').waitFor();
    await clean(agent);
    await picture(agent, 'desk-order-confirmed-ja-1280');
    await form.getByRole('button', { name: '閉じる' }).click();
    await one.getByText('2030-04-05 14:00-16:00').waitFor();
    // What was shown was of the state before: the new one is hidden again.
    await one.getByRole('button', { name: '住所を表示' }).click();
    await one.getByText('京都市中京区 2-2').waitFor();
  });

  it('is not cancelled when the shop refuses, and what was chosen stays', async () => {
    const one = order('A-9002');
    await one.getByRole('button', { name: '注文を取り消す（A-9002）' }).click();
    const form = one.getByRole('form', { name: '注文を取り消す' });
    await form.getByLabel('理由').selectOption('other');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('店舗が断りました（発送準備中です）').waitFor();
    await holds(form.getByLabel('理由'), 'other');
    await clean(agent);
    await picture(agent, 'desk-order-refused-ja-1280');
    await form.getByLabel('理由').selectOption('ordered_twice');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('店舗が承りました').waitFor();
    await form.getByRole('button', { name: '閉じる' }).click();
    await one.locator('.tag', { hasText: '取り消し' }).waitFor();
    await shows(one.getByRole('button', { name: /お届け|取り消す|返品/ }), 0);
  });

  it('comes back in part, with a photo of the conversation', async () => {
    const one = order('A-8841');
    await one.getByRole('button', { name: '返品を受ける（A-8841）' }).click();
    const form = one.getByRole('form', { name: '返品を受ける' });
    await form.getByLabel(/返品する数/).fill('0');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('返品する品がありません').waitFor();
    await form.getByLabel(/返品する数/).fill('1');
    await form.getByLabel('理由').selectOption('damaged');
    await form.getByLabel('お客様のお話').fill('届いたときには割れていた');
    await form.getByLabel('ware.txt').check();
    await clean(agent);
    await picture(agent, 'desk-order-return-ja-1280');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('店舗が承りました').waitFor();
    await form.getByRole('button', { name: '閉じる' }).click();
    await one.getByText('返品: 受付済み 破損').waitFor();
  });
});

describe('the stock', () => {
  it('tells which place has how many, as of when', async () => {
    await pane.getByRole('button', { name: '在庫を調べる' }).click();
    const stock = pane.getByRole('region', { name: '在庫を調べる' });
    await stock.getByLabel('品番・商品名').fill('ない物');
    await agent.keyboard.press('Enter');
    await stock.getByText('見つかりません').waitFor();
    await stock.getByLabel('品番・商品名').fill('鉢');
    await agent.keyboard.press('Enter');
    const place = stock.locator('li', { hasText: '関東倉庫' }).first();
    await place.waitFor();
    for (const text of ['販売可 42', '取り置き 3', '現在']) await shows(place.getByText(text), 1, text);
    await clean(agent);
    await picture(agent, 'desk-stock-ja-1280');
    await stock.getByLabel('品番・商品名').fill('オリーブ');
    await agent.keyboard.press('Enter');
    await stock.getByText('いつの数かは不明').waitFor();
    await expect.poll(() => stock.getByRole('button', { name: /注文に入れる/ }).isDisabled()).toBe(true);
  });

  it('is set aside, and given back', async () => {
    const stock = pane.getByRole('region', { name: '在庫を調べる' });
    await stock.getByLabel('品番・商品名').fill('POT-M');
    await agent.keyboard.press('Enter');
    await stock.getByRole('button', { name: '白い鉢 M を取り置く（梅田店）' }).click();
    const form = stock.getByRole('form', { name: '白い鉢 M を取り置く（梅田店）' });
    await form.getByLabel('数量').fill('5');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('店舗が断りました（在庫不足）').waitFor();
    await holds(form.getByLabel('数量'), '5');
    await form.getByLabel('数量').fill('2');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('RSV-1').waitFor();
    await form.getByRole('button', { name: '閉じる' }).click();
    const kept = pane.locator('.orders > li', { hasText: 'POT-M × 2' });
    await clean(agent);
    // The orders are read anew, slowly, while the shop is asked for something else.
    let letGo = () => {};
    const held = new Promise<void>((then) => {
      letGo = then;
    });
    const slow = (url: URL) => url.pathname.endsWith('/orders');
    await agent.route(slow, (route) => held.then(() => route.continue()));
    const reading = agent.waitForRequest((request) => slow(new URL(request.url())));
    await kept.getByRole('button', { name: /取り置きをやめる/ }).click();
    await reading;
    await stock.getByRole('button', { name: '白い鉢 M を取り置く（梅田店）' }).click();
    await form.getByLabel('数量').fill('9');
    await answered(agent, 'POST', '/api/v1/shop-commands', () =>
      form.getByRole('button', { name: '店舗に依頼する' }).click(),
    );
    letGo();
    await form.getByText('店舗が断りました（在庫不足）').waitFor();
    await agent.unroute(slow);
    await form.getByRole('button', { name: 'キャンセル' }).click();
    await kept.waitFor({ state: 'detached' });
  });
});

describe('an order that is taken', () => {
  it('keeps what was typed when it is refused, and is one order when its answer was lost', async () => {
    const stock = pane.getByRole('region', { name: '在庫を調べる' });
    await stock.getByRole('button', { name: '白い鉢 M を注文に入れる' }).click();
    const form = pane.getByRole('form', { name: '注文を受ける' });
    await holds(form.getByLabel('お届け先のお名前'), '山本 結衣');
    await holds(form.getByLabel('電話'), '090-1111-2222');
    await holds(form.getByLabel('住所'), '');
    await form.getByRole('button', { name: '住所を表示' }).click();
    await holds(form.getByLabel('住所'), '大阪市北区梅田 1-1-1');
    await form.getByLabel('単価').fill('4800');
    await form.getByRole('button', { name: '商品を足す' }).click();
    await form.getByLabel('品番').nth(1).fill('鉢');
    await form.getByLabel('店舗への連絡').fill('割れ物');
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('依頼できませんでした').waitFor();
    await holds(form.getByLabel('店舗への連絡'), '割れ物');
    await holds(form.getByLabel('単価').first(), '4800');
    // Who the customer is may be looked at meanwhile.
    await pane.getByRole('tab', { name: '情報', exact: true }).click();
    await pane.getByText('yui@example.jp').waitFor();
    await pane.getByRole('tab', { name: '注文', exact: true }).click();
    await holds(form.getByLabel('店舗への連絡'), '割れ物');
    await clean(agent);
    await form.getByText('依頼できませんでした').scrollIntoViewIfNeeded();
    await picture(agent, 'desk-order-place-ja-1280');
    await form.getByRole('button', { name: '商品 を外す' }).click();
    // Every site carries it out, and no answer comes.
    await center.order('lose', { count: '2' });
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('もう一度送ってください').waitFor();
    await form.getByRole('button', { name: '店舗に依頼する' }).click();
    await form.getByText('店舗が承りました').waitFor();
    await form.getByRole('button', { name: '閉じる' }).click();
    const taken = pane.locator('ol.orders > li', { hasText: /A-91\d\d/ });
    await taken.filter({ hasText: '￥4,800' }).getByText('受付').first().waitFor();
    await shows(taken, 1);
  });
});

describe('all of it', () => {
  it('is there in English and on a phone', async () => {
    await agent.getByRole('button', { name: 'Switch to English' }).click();
    await pane.getByRole('region', { name: 'Look up stock' }).getByText('42 free').waitFor();
    await pane.getByRole('button', { name: 'Take an order' }).click();
    await clean(agent);
    await picture(agent, 'desk-order-place-en-1280');
    await agent.setViewportSize(PHONE);
    await agent.getByRole('button', { name: 'Customer details' }).click();
    const drawer = agent.getByRole('dialog', { name: 'Customer details' });
    await drawer.getByRole('tab', { name: 'Orders' }).click();
    await drawer.getByRole('button', { name: 'Look up stock' }).click();
    await drawer.getByLabel('Article number or name').fill('POT');
    await agent.keyboard.press('Enter');
    await drawer.getByText('42 free').waitFor();
    await clean(agent);
    await picture(agent, 'desk-stock-en-390');
    await drawer.getByRole('button', { name: /^Change delivery \(A-91/ }).click();
    const form = drawer.getByRole('form', { name: 'Change delivery' });
    await form.scrollIntoViewIfNeeded();
    await clean(agent);
    await picture(agent, 'desk-order-delivery-en-390');
    await shows(agent.getByText('undefined'), 0);
  });

  it('complained about nothing', () => {
    expect(complaints).toEqual([]);
  });
});
