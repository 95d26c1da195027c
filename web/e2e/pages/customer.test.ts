/** The customer on the desk, as pages: before the answer, in the pane, found, merged. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, InputMethod, launch, open, PHONE, picture, signedIn } from '../support/browser.ts';
import { become, clean, focused, holds, shows, shut } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let agent: Page;

const tab = (name: string) => agent.locator('.customer').getByRole('tab', { name, exact: true }).click();

async function asks(name: string, text: string): Promise<Page> {
  const customer = await open(browser, `${center.url}/widget/`, PHONE);
  await customer.locator('select').selectOption('order');
  await customer.locator('input[name=name]').fill(name);
  await customer.locator('input[type=radio]').first().check();
  await customer.locator('textarea').fill(text);
  await customer.locator('button.primary').click();
  return customer;
}

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  agent = await signedIn(browser, center.url, 'sato');
  await become(agent, '受付可', 'ready');
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('a known customer', () => {
  it('is on the card before the answer: who, what kind, what to know, what was last', async () => {
    await asks('山本 結衣', '割れた鉢の件です。');
    const card = agent.locator('.offer');
    await card.getByText('ヤマモト ユイ').waitFor();
    for (const text of [
      'ゴールド',
      'ご購入あり',
      'vip',
      'お電話は 18 時以降をご希望。',
      '白い鉢が割れて届いた',
    ])
      await shows(card.getByText(text), 1, text);
    await shows(card.getByText('大阪市北区'), 0);
    await clean(agent);
    await picture(agent, 'desk-customer-offer-ja-1280');
    await agent.keyboard.press('a');
    await agent.locator('.customer .who-name', { hasText: '山本 結衣' }).waitFor();
    await picture(agent, 'desk-customer-ja-1280');
  });

  it('shows the profile, and what is hidden only when it is asked for', async () => {
    await tab('情報');
    const pane = agent.locator('.customer');
    await pane.getByText('yui@example.jp').waitFor();
    await shows(pane.getByText('1984-05-06'), 0);
    await clean(agent);
    await pane.getByRole('button', { name: '生年月日を表示' }).click();
    await pane.getByText('1984-05-06').waitFor();
    await picture(agent, 'desk-customer-profile-ja-1280');
  });

  it('is changed where it stands, with composed text, and never over what nobody saw', async () => {
    const pane = agent.locator('.customer');
    await pane.getByRole('button', { name: '申し送りを変更' }).click();
    const ime = await InputMethod.of(agent);
    const box = pane.getByRole('textbox', { name: '申し送り' });
    await box.fill('');
    await focused(box);
    await ime.compose('あさ');
    await ime.confirmingEnter();
    await ime.plainEnter();
    await ime.commit('朝は不在。');
    await holds(box, '朝は不在。');
    await agent.keyboard.press('Enter');
    await pane.locator('.who-note', { hasText: '朝は不在。' }).waitFor();
    await pane.getByRole('button', { name: '会員ランクを変更' }).click();
    await center.order('meddle', { field: 'tier', value: 'プラチナ' });
    await pane.getByRole('textbox', { name: '会員ランク' }).fill('シルバー');
    await agent.keyboard.press('Enter');
    await pane.getByText('ほかの担当者が先に「プラチナ」に変更しました。').waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-conflict-ja-1280');
    await pane.getByRole('button', { name: '相手の変更を残す' }).click();
    await pane.locator('.who-tags').getByText('プラチナ').waitFor();
    await pane.getByRole('button', { name: '区分を変更' }).click();
    await pane.getByRole('combobox', { name: '区分' }).selectOption('prospect');
    await pane.getByRole('button', { name: '保存', exact: true }).click();
    await pane.locator('.who-tags').getByText('見込み客').waitFor();
  });

  it('gets and loses a contact', async () => {
    const pane = agent.locator('.customer');
    const list = pane.locator('.identities');
    await list.getByRole('button', { name: '追加' }).click();
    await list.getByLabel('値').fill('あとで');
    await clean(agent);
    await list.getByRole('button', { name: '追加' }).click();
    await list.getByText('読み取れません').waitFor();
    await list.getByLabel('値').fill('0312345678');
    await agent.keyboard.press('Enter');
    await list.getByRole('button', { name: '0312345678 を外す' }).click();
    await list.getByText('0312345678').waitFor({ state: 'detached' });
  });

  it('has a timeline, newest first, by kinds and by pages', async () => {
    await tab('履歴');
    const moments = agent.locator('.customer .moment');
    await shows(moments, 30);
    await moments.first().getByText('返品').first().waitFor();
    await moments.nth(2).getByText('4,800').waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-timeline-ja-1280');
    await agent.getByRole('button', { name: 'さらに古い履歴' }).click();
    await shows(moments, 47);
    await agent.getByRole('button', { name: '購入', exact: true }).click();
    await shows(moments, 4);
  });

  it('has orders, of shops and stores, and what shops were asked for', async () => {
    await tab('注文');
    const pane = agent.locator('.customer');
    await pane.getByText('A-8841').waitFor();
    for (const text of [
      '梅田店',
      '白い鉢 M × 1',
      '店舗の返事待ち',
      '発送済みのため取り消せません',
      '￥4,800',
    ])
      await shows(pane.getByText(text), 1, text);
    await clean(agent);
    await picture(agent, 'desk-customer-orders-ja-1280');
  });

  it('has a journey', async () => {
    await tab('道のり');
    const lane = agent.locator('.customer .lane li');
    await shows(lane, 6);
    await expect.poll(() => agent.locator('.lane [aria-current=step]').textContent()).toContain('問い合わせ');
    await expect.poll(() => lane.nth(5).textContent()).toContain('なし');
    const way = agent.locator('.customer .way li');
    await expect.poll(() => way.nth(1).textContent()).toContain('広告への反応');
    await clean(agent);
    await picture(agent, 'desk-customer-journey-ja-1280');
  });

  it('has consents', async () => {
    await tab('同意');
    const pane = agent.locator('.customer');
    await pane.getByRole('button', { name: /録音.*同意ありにする/ }).click();
    await pane.getByRole('button', { name: /録音.*同意なしにする/ }).waitFor();
    await pane.getByLabel('目的').fill('analysis');
    await pane.locator('form').getByRole('button', { name: '同意なし' }).click();
    await pane.getByRole('button', { name: /分析.*同意ありにする/ }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-consents-ja-1280');
  });
});

describe('a contact that several people have', () => {
  it('brings a chooser; the merge can be taken apart', async () => {
    await asks('田村', '先日の注文ですが。');
    await agent.locator('.offer .who-matches', { hasText: '田村 恵美 様、田村 健 様' }).waitFor();
    await clean(agent);
    await agent.keyboard.press('a');
    const pane = agent.locator('.customer');
    await pane.getByRole('region', { name: 'どなたですか？' }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-chooser-ja-1280');
    await pane.getByRole('button', { name: '田村 健 様：この方です' }).click();
    await pane.locator('.who-name', { hasText: '田村 健' }).waitFor();
    await pane.getByRole('region', { name: 'どなたですか？' }).waitFor({ state: 'detached' });
    await tab('統合');
    await pane.getByText('佐藤 美咲 が統合').waitFor();
    await pane.getByText('田村 恵美').waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-merges-ja-1280');
    await pane.getByRole('button', { name: '統合を解く' }).click();
    await pane.getByRole('region', { name: 'どなたですか？' }).waitFor();
  });
});

describe('somebody new', () => {
  it('is written down with what the channel told', async () => {
    await asks('中村 翔', 'カタログをください。');
    await agent.locator('.offer', { hasText: 'はじめてのお客様' }).waitFor();
    await agent.keyboard.press('a');
    const pane = agent.locator('.customer');
    await pane.getByRole('button', { name: '新しい見込み客として登録' }).click();
    await holds(pane.getByLabel('氏名'), '中村 翔');
    await pane.getByLabel('フリガナ').fill('ナカムラ ショウ');
    await pane.getByLabel('電話').fill('090-3333-4444');
    await clean(agent);
    await picture(agent, 'desk-customer-prospect-ja-1280');
    await pane.getByRole('button', { name: '登録' }).click();
    await pane.locator('.who-name', { hasText: '中村 翔' }).waitFor();
    await pane.locator('.who-tags', { hasText: '見込み客' }).waitFor();
  });

  it('can be somebody who has no conversation, from the keyboard', async () => {
    await agent.keyboard.press('Alt+Shift+n');
    const dialog = agent.getByRole('dialog', { name: '新しい見込み客' });
    await dialog.getByLabel('氏名').fill('株式会社 青葉');
    await clean(agent);
    await agent.keyboard.press('Enter');
    const record = agent.getByRole('dialog', { name: 'お客様の記録' });
    await record.locator('.who-name', { hasText: '株式会社 青葉' }).waitFor();
    await record.getByRole('combobox', { name: '種別' }).selectOption('company');
    await record.locator('.who-tags', { hasText: '法人' }).waitFor();
    await clean(agent);
    await shut(agent);
  });
});

describe('the search', () => {
  it('finds customers by kana and by a part of a number', async () => {
    await agent.keyboard.press('Alt+l');
    await focused(agent.getByRole('dialog').getByRole('textbox'));
    await agent.keyboard.type('ヤマモト');
    const found = agent.getByRole('region', { name: 'お客様' });
    await found.getByText('山本 結衣 様').waitFor();
    await agent.getByRole('dialog').getByRole('textbox').fill('青葉');
    await found.getByText('株式会社 青葉 様').waitFor();
    await agent.getByRole('dialog').getByRole('textbox').fill('1111-2222');
    await found.getByText('山本 結衣 様').waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-search-ja-1280');
    await found.getByRole('button').first().click();
    const record = agent.getByRole('dialog', { name: 'お客様の記録' });
    await record.getByRole('tab', { name: '履歴' }).click();
    await record.locator('.moment').first().waitFor();
    await clean(agent);
    await shut(agent);
  });
});

describe('in English and on a phone', () => {
  it('says everything', async () => {
    await agent.getByRole('button', { name: 'Switch to English' }).click();
    await agent.locator('.work .item').first().click();
    await agent.locator('.customer').getByRole('tab', { name: 'Profile' }).click();
    await agent.locator('.customer').getByText('Birthday', { exact: true }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-profile-en-1280');
    await asks('田村', 'もう一度。');
    await agent.locator('.offer .who-matches', { hasText: 'Known by the same contact' }).waitFor();
    await agent.setViewportSize(PHONE);
    await agent.locator('.thread-head .phone-only').click();
    await clean(agent);
    await picture(agent, 'desk-customer-offer-en-390');
    await agent.locator('.work .item').first().click();
    await agent.getByRole('button', { name: 'Customer details' }).click();
    const drawer = agent.getByRole('dialog', { name: 'Customer details' });
    await drawer.getByRole('tab', { name: 'Journey' }).click();
    await drawer.locator('.lane').waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-journey-en-390');
    await drawer.getByRole('tab', { name: 'Timeline' }).click();
    await drawer.locator('.moment').first().waitFor();
    await clean(agent);
    await picture(agent, 'desk-customer-timeline-en-390');
  });
});

it('complained about nothing', () => {
  expect(complaints).toEqual([]);
});
