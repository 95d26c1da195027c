/** What all customers did, success plans, and people of a campaign from a segment. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../support/axe.ts';
import { complaints, launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { focused } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let chief: Page;

const clean = async (page: Page) => expect(await faults(page)).toEqual([]);

async function signIn(size?: typeof PHONE): Promise<Page> {
  const page = await signedIn(browser, center.url, 'chief', size);
  page.setDefaultTimeout(60_000);
  return page;
}

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
  chief = await signIn();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('the journeys of all customers', () => {
  it('are counted while one waits, and told by paths, stages and times', async () => {
    await chief.locator('.pages').getByRole('button', { name: '分析', exact: true }).click();
    await chief.getByText('お客様 1280 人').waitFor();
    const paths = chief.locator('table.paths');
    await paths
      .getByRole('row', { name: /検討 → 購入 → 利用/ })
      .getByText('32.8%')
      .waitFor();
    await paths.getByText('そのほかの道').waitFor();
    const consider = chief.getByRole('row', { name: /^検討 1020/ });
    await consider.getByText('380（37.3%）').waitFor();
    await chief
      .getByRole('row', { name: /検討 → 購入 520/ })
      .getByText('6 日')
      .waitFor();
    await clean(chief);
    await picture(chief, 'console-journeys-ja-1280');
  });

  it('are filtered by kinds, by entry and by segment', async () => {
    await chief.getByLabel('道の単位').selectOption('kind');
    await chief.locator('table.paths').getByText('ページ閲覧 → 注文 → 配送').waitFor();
    await chief.getByLabel('入口').selectOption('["web","spring"]');
    await chief.getByText('お客様 1280 人').waitFor();
    expect(await chief.getByLabel('入口').inputValue()).toBe('["web","spring"]');
    await chief.getByLabel('お客様の区分').selectOption('at_risk');
    await chief.getByText('あてはまるお客様はいません。').waitFor();
    await clean(chief);
  });

  it('fit a phone, in English too', async () => {
    const phone = await signIn(PHONE);
    await phone.getByRole('button', { name: 'Switch to English' }).click();
    await phone.locator('.pages').getByRole('button', { name: 'Insight', exact: true }).click();
    await phone.getByText('1280 customers').waitFor();
    await clean(phone);
    await picture(phone, 'console-journeys-en-390');
    await phone.getByRole('button', { name: 'Trend' }).click();
    await phone.getByRole('row', { name: /VIP/ }).first().waitFor();
    await clean(phone);
    await picture(phone, 'console-trend-en-390');
    await phone.context().close();
  });
});

describe('the trend of segments and tiers', () => {
  it('is a line with its figures, and every day on demand', async () => {
    await chief.getByRole('button', { name: '区分の推移' }).click();
    const vip = chief.getByRole('row', { name: /VIP/ }).first();
    await vip.getByText('+43').waitFor();
    await chief.getByRole('row', { name: /ゴールド/ }).waitFor();
    await chief.getByText('日ごとの人数').click();
    await chief.getByRole('columnheader', { name: '離れそうなお客様' }).waitFor();
    await clean(chief);
    await picture(chief, 'console-trend-ja-1280');
  });
});

describe('success plans', () => {
  it('are templates of steps', async () => {
    await chief.getByRole('button', { name: '管理' }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: 'サクセスプラン' }).click();
    await chief.getByRole('button', { name: '＋ 新規' }).click();
    const form = chief.locator('form.card');
    await form.getByLabel('記号（a–z 0–9 _）').fill('first_month');
    await form.getByLabel('名前（日本語）').fill('はじめの 1 か月');
    await form.getByLabel('名前（英語）').fill('The first month');
    await form.getByLabel('内容').fill('使い心地をうかがう');
    await form.getByLabel('何日後').fill('7');
    await clean(chief);
    await picture(chief, 'console-plan-ja-1280');
    await form.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.editor button.item', { hasText: 'はじめの 1 か月' }).getByText('第 1 版').waitFor();
  });

  it('are started for a segment, page by page', async () => {
    const all = chief.getByRole('region', { name: '区分の全員に始める' });
    await all.getByRole('button', { name: 'プランを始める' }).click();
    await all.getByText('開始 15 人・開始済み 1 人・対象外 2 人').waitFor();
    await all.getByText('全員を見終わりました。').waitFor();
    await clean(chief);
  });

  it('are started and ended for one customer, and the case tells what led to it', async () => {
    await chief.locator('.pages').getByRole('button', { name: '案件', exact: true }).click();
    await chief.locator('.case-board .case', { hasText: '鉢のひび割れ' }).click();
    const way = chief.getByRole('region', { name: 'ここまでの経緯' });
    await way.getByText('案件を受け付け').or(way.getByText('案件の前の接点はありません。')).first().waitFor();
    await clean(chief);
    await picture(chief, 'console-case-way-ja-1280');
    await chief.getByRole('button', { name: 'お客様の記録を開く' }).click();
    const person = chief.getByRole('dialog');
    await person.getByRole('tab', { name: '案件' }).click();
    const plans = person.getByRole('region', { name: 'サクセスプラン' });
    await plans.getByRole('button', { name: 'プランを始める' }).click();
    await plans.getByText('完了 0・残り 1').waitFor();
    await plans.getByText('使い心地をうかがう').waitFor();
    await clean(chief);
    const end = plans.getByRole('button', { name: 'はじめの 1 か月を終える' });
    await end.press('Enter');
    const no = plans.getByRole('alert').getByRole('button', { name: 'キャンセル' });
    await focused(no);
    await no.press('Enter');
    await focused(end);
    await end.press('Enter');
    await plans.getByRole('button', { name: '終える', exact: true }).press('Enter');
    await plans.getByText('完了 0・残り 0').waitFor();
    await focused(plans.locator('li.case'));
    await chief.keyboard.press('Escape');
  });
});

describe('a campaign', () => {
  it('takes who may be called from a segment', async () => {
    await chief.getByRole('button', { name: '電話', exact: true }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: '発信リスト' }).click();
    await chief.locator('.item', { hasText: '春のご案内' }).click();
    const part = chief.locator('details', { hasText: '区分から登録' });
    await part.getByText('区分から登録').click();
    await part.getByRole('button', { name: '登録する' }).click();
    await part.getByText('登録 10 人・登録済み 2 人・同意なし 5 人・番号なし 3 人').waitFor();
    await clean(chief);
    expect(complaints).toEqual([]);
  });
});
