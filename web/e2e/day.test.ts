/** The rest of a day's work against a center: set up, notes, files, colleagues, another device, the record, the rating. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, launch, open, PHONE } from './support/browser.ts';
import { center, ready, stored } from './support/center.ts';
import { focused, holds, shows, shut } from './support/look.ts';

const PICTURE = new URL('../../docs/images/widget-ja-390.png', import.meta.url).pathname;
/** Tells this run's records from those of an earlier one. */
const RUN = Date.now().toString(36);

let browser: Browser;
let chief: Page;
let agent: Page;
let customer: Page;

async function signIn(login: string): Promise<Page> {
  const page = await open(browser, `${center.tokyo}/desk/`, DESK);
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(center.password);
  await page.keyboard.press('Enter');
  await page.locator('.header').waitFor();
  return page;
}

async function note(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Alt+n');
  await page.locator('#note-box').fill(text);
  await page.locator('#note-box').press('Control+Enter');
}

async function say(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Alt+r');
  await page.locator('#reply-box:enabled').fill(text);
  await page.locator('#reply-box').press('Control+Enter');
}

async function state(page: Page, name: string, is: string): Promise<void> {
  await page.keyboard.press('Alt+s');
  await page.getByRole('menuitem', { name: is === 'away' ? '休憩' : name }).click();
  await page.locator(`button.state.${is}`).waitFor();
}

const nameOf = async (page: Page): Promise<string> =>
  page.evaluate(
    () => JSON.parse(sessionStorage.getItem('madoguchi.desk.signIn') ?? '{}').account?.name ?? '',
  );

/** The agent makes calls from now on, besides what they did. */
async function letCallBack(): Promise<void> {
  const call = async (path: string, token = '', body?: unknown, method = 'POST') => {
    const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` };
    const answer = await fetch(center.tokyo + path, {
      method: body === undefined ? 'GET' : method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(answer.status, `${method} ${path}`).toBe(200);
    return answer.json();
  };
  const signed = (login: string) => call('/api/v1/sign-in', '', { login, password: center.password });
  const [{ token }, { account }] = await Promise.all([signed(center.supervisor), signed(center.login)]);
  const { agents } = await call('/api/v1/floor', token);
  const { name, unit, skills, capacities, reserved_for } = agents.find(
    (one: { id: string }) => one.id === account.id,
  );
  const others = capacities.filter((one: { channel: string }) => one.channel !== 'callback');
  const callback = { channel: 'callback', limit: 1, weight: 0, interrupts: ['chat'] };
  const rules = { name, unit, skills, capacities: [...others, callback], reserved_for };
  await call(`/api/v1/agents/${account.id}`, token, rules, 'PUT');
}

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
});

describe('a day', () => {
  it('begins with a reply and a code that the supervisor makes', async () => {
    chief = await signIn(center.supervisor);
    await chief.getByRole('button', { name: '管理' }).click();
    const tab = (name: string) =>
      chief.locator('.admin-tabs').getByRole('button', { name, exact: true }).click();
    await tab('定型文');
    await chief.getByRole('button', { name: '新規' }).click();
    await chief.getByRole('textbox', { name: 'ショートカット' }).fill(`hi${RUN}`);
    await chief.getByLabel('題名（日本語）').fill(`挨拶 ${RUN}`);
    await chief.getByLabel('本文').fill('{{customer.name}} 様、担当の者でございます。');
    await chief.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.editor .item', { hasText: `挨拶 ${RUN}` }).waitFor();
    await tab('終了コード');
    await chief.getByRole('button', { name: '新規' }).click();
    await chief.getByLabel('ID').fill(`done-${RUN}`);
    await chief.getByLabel('名前（日本語）').fill(`解決 ${RUN}`);
    await chief.getByLabel('名前（英語）').fill('Solved');
    await chief.getByRole('button', { name: '保存', exact: true }).click();
    await chief.locator('.editor .item', { hasText: `解決 ${RUN}` }).waitFor();
  });

  it('replies with it, and notes what the customer never sees', async () => {
    agent = await signIn(center.login);
    await agent.keyboard.press('Alt+s');
    await agent.getByRole('menuitem', { name: '受付可' }).click();
    await agent.locator('button.state.ready').waitFor();
    customer = await open(browser, `${center.tokyo}/widget/`, PHONE);
    await customer.locator('input[name=name]').fill(`山田 ${RUN}`);
    await customer.locator('select').selectOption('return');
    await customer.locator('textarea').fill('白い鉢が割れて届きました。');
    await customer.locator('button.primary').click();
    await agent.locator('.offer', { hasText: RUN }).locator('button').first().click();
    await agent.locator('#reply-box:enabled').waitFor();
    await focused(agent.locator('#reply-box'));
    await agent.keyboard.type('/');
    await focused(agent.locator('.canned .picker-box'));
    await agent.keyboard.type(`hi${RUN}`);
    await agent.locator('.canned [aria-selected=true]', { hasText: `挨拶 ${RUN}` }).waitFor();
    await agent.keyboard.press('Enter');
    await holds(agent.locator('#reply-box'), `山田 ${RUN} 様、担当の者でございます。`);
    await agent.locator('#reply-box').press('Control+Enter');
    await customer.getByText(`山田 ${RUN} 様、担当の者でございます。`).waitFor();
    await note(agent, '在庫を確認中');
    await agent.getByText('社内メモ：自分').waitFor();
    await say(agent, '少々お待ちください。');
    await customer.getByText('少々お待ちください。').waitFor();
    await shows(customer.getByText('在庫を確認中'), 0);
  });

  it('carries files both ways', async () => {
    await agent.setInputFiles('#attach-input', PICTURE);
    await customer.locator('.bubble.file canvas').waitFor();
    await customer.setInputFiles('input[type=file]', PICTURE);
    await agent.locator('.bubble.file canvas').nth(1).waitFor();
    for (const page of [agent, customer])
      await expect
        .poll(() =>
          page
            .locator('.bubble.file canvas')
            .nth(1)
            .evaluate((c: HTMLCanvasElement) => c.width),
        )
        .toBeGreaterThan(100);
  });

  it('lets a supervisor look, whisper and take part', async () => {
    await chief.getByRole('button', { name: 'フロア' }).click();
    await chief.getByRole('button', { name: '会話を見る' }).first().click();
    await agent.locator('.others', { hasText: 'も見ています' }).waitFor();
    await chief.keyboard.press('Alt+n');
    await chief.getByLabel('担当者へのささやきとして残す').check();
    await note(chief, '期限は 14 日です');
    await agent.getByText('期限は 14 日です').waitFor();
    await chief.keyboard.press('Alt+j');
    await agent.getByText('が参加しました').waitFor();
    await say(chief, '責任者でございます。');
    await customer.getByText('責任者でございます。').waitFor();
    await chief.keyboard.press('Alt+j');
    await agent.getByText('が退出しました').waitFor();
  });

  it('goes on at another device by a link that works once', async () => {
    await customer.getByRole('button', { name: '別の端末で続ける' }).click();
    const url = await customer.locator('.notice input').inputValue();
    const other = await open(browser, url, DESK);
    await other.getByText('責任者でございます。').waitFor();
    const late = await open(browser, url, PHONE);
    await late.getByText('このリンクは使い終わったか').waitFor();
  });

  it('ends with a record and a rating, and with numbers that have no hole', async () => {
    const conversation = await customer.evaluate(
      () => JSON.parse(localStorage.getItem('madoguchi.widget.session') ?? '{}').conversation,
    );
    await agent.keyboard.press('Alt+e');
    await agent.getByLabel('終了コード').selectOption(`done-${RUN}`);
    await agent.getByLabel('要約').fill('交換を手配');
    await agent.getByLabel('タグ').press('Enter');
    await agent.getByText(`記録：解決 ${RUN}`).waitFor();
    await customer.locator('.scores input').nth(4).check();
    await customer.getByRole('button', { name: '評価を送る' }).click();
    await agent.getByText('お客様の評価 5/5').waitFor();
    const events = await stored('osaka', conversation);
    expect(events.map((e) => e.number)).toEqual(events.map((_, i) => i + 1));
    expect(complaints).toEqual([]);
  });

  it('calls a customer back who would not wait', async () => {
    await letCallBack();
    await state(agent, '離席', 'away');
    customer = await open(browser, `${center.tokyo}/widget/`, PHONE);
    await customer.locator('input[name=name]').fill(`鈴木 ${RUN}`);
    await customer.locator('select').selectOption('return');
    await customer.locator('textarea').fill('返品の手順を教えてください。');
    await customer.locator('button.primary').click();
    await customer.getByRole('button', { name: '折り返し電話を予約' }).click();
    await customer.getByLabel('電話番号').fill('０９０－１２３４－５６７８');
    await customer.getByRole('button', { name: '予約する' }).click();
    await customer.getByText('順番になりましたら 090-1234-5678').waitFor();
    await customer.getByRole('button', { name: '電話をやめて' }).click();
    await customer.getByRole('button', { name: '折り返し電話を予約' }).click();
    await customer.getByLabel('電話番号').fill('03-1234-5678');
    await customer.getByRole('button', { name: '予約する' }).click();
    await customer.getByText('順番になりましたら 03-1234-5678').waitFor();
    await state(agent, '受付可', 'ready');
    const offer = agent.locator('.offer', { hasText: RUN });
    await offer.getByText('折り返し電話').waitFor();
    await offer.locator('button').first().click();
    await agent.locator('.customer .number', { hasText: '03-1234-5678' }).waitFor();
    await customer.getByText('担当者がお話を伺います。').waitFor();
  });

  it('asks a colleague first, of which the customer sees nothing', async () => {
    await agent.locator('#reply-box:enabled').waitFor();
    await agent.keyboard.press('Alt+t');
    const colleague = await signIn('agent2');
    const asked = await nameOf(colleague);
    await agent.locator('.target', { hasText: asked }).locator('input').check();
    await agent.getByLabel('引き継ぎの要約').fill('期限を過ぎていますか？');
    await agent.getByRole('button', { name: '先に相談する' }).click();
    await agent.getByText(`${asked} に相談中です。`).waitFor();
    const card = colleague.locator('.inbox-card', { hasText: 'あなたに相談しています' });
    await card.getByRole('button', { name: '会話を開く' }).click();
    await colleague.getByText('期限を過ぎていますか？').waitFor();
    await card.waitFor({ state: 'detached' });
    await note(colleague, 'まだ間に合います');
    await agent.getByText('まだ間に合います').waitFor();
    await agent.getByRole('button', { name: '相談を終える' }).click();
    await colleague.context().close();
    // What is said afterwards comes alone.
    await say(agent, '確認いたしました。');
    await customer.getByText('確認いたしました。').waitFor();
    for (const secret of ['期限を過ぎていますか？', 'まだ間に合います'])
      await shows(customer.getByText(secret), 0);
  });

  it('hears a notice at every desk, until it is read', async () => {
    await chief.getByRole('button', { name: 'フロア' }).click();
    await chief.getByRole('button', { name: '一斉連絡…' }).click();
    await chief.getByLabel('本文（日本語）').fill(`15 時から訓練 ${RUN}`);
    await chief.getByRole('button', { name: '送る' }).click();
    const card = agent.locator('.inbox-card', { hasText: `15 時から訓練 ${RUN}` });
    await card.waitFor();
    await agent.reload();
    await card.getByRole('button', { name: '確認しました' }).click();
    await card.waitFor({ state: 'detached' });
    await shut(chief);
    await chief.getByRole('button', { name: '一斉連絡…' }).click();
    await chief.locator('li', { hasText: RUN }).getByText('確認 1').waitFor();
    await chief.locator('li', { hasText: RUN }).getByRole('button', { name: '取り下げる' }).click();
    await shut(chief);
  });

  it('is taken over by the supervisor from the console, and ends there', async () => {
    await chief.getByRole('button', { name: '会話を見る' }).first().click();
    await chief.getByText('返品の手順を教えてください。').first().waitFor();
    await chief.keyboard.press('Alt+g');
    await say(chief, '引き継ぎました。');
    await customer.getByText('引き継ぎました。').waitFor();
    await shows(agent.locator('.work .item:not(.past)'), 0);
    await chief.keyboard.press('Alt+e');
    await chief.getByRole('button', { name: '記録せずに終了' }).click();
    await customer.getByText('担当者が会話を終了しました。').waitFor();
    expect(complaints).toEqual([]);
  });

  it('keeps who set whose state', async () => {
    await chief.getByRole('button', { name: 'フロア' }).click();
    const name = await nameOf(agent);
    await chief.getByRole('button', { name: `${name}: 状態を変える` }).click();
    await chief.getByRole('menuitem', { name: '会議' }).click();
    await agent.locator('button.state.away').waitFor();
    await chief.getByRole('button', { name: '管理' }).click();
    const tab = (of: string) =>
      chief.locator('.admin-tabs').getByRole('button', { name: of, exact: true }).click();
    // The list is read when it is opened, and follows what was done.
    await expect
      .poll(async () => {
        await tab('窓口');
        await tab('変更履歴');
        await chief.locator('.changes li').first().waitFor();
        return chief.locator('.changes li', { hasText: `${name}：受付可 → 離席` }).count();
      })
      .toBeGreaterThan(0);
    await chief.locator('.changes li').first().getByRole('button', { name: '元に戻す' }).click();
    await agent.locator('button.state.ready').waitFor();
  });

  it('lets complaints and purchases wait for who is good at them', async () => {
    const [calm, seller] = await Promise.all(['agent2', 'agent3'].map(signIn));
    if (!calm || !seller) throw new Error('nobody signed in');
    await state(calm, '受付可', 'ready');
    await state(seller, '受付可', 'ready');
    for (const [reason, queue, who] of [
      ['complaint', 'ご意見・苦情', calm],
      ['purchase', 'ご購入前のご相談', seller],
    ] as const) {
      const asks = await open(browser, `${center.tokyo}/widget/`, PHONE);
      const name = `${reason} ${RUN}`;
      await asks.locator('input[name=name]').fill(name);
      await asks.locator('select').selectOption(reason);
      await asks.locator('textarea').fill('相談があります。');
      await asks.locator('button.primary').click();
      const offer = who.locator('.offer', { hasText: name });
      await offer.locator('.queue', { hasText: queue }).waitFor();
      await offer.locator('button').first().click();
      await asks.getByText('担当者がお話を伺います。').waitFor();
      await who.keyboard.press('Alt+e');
      await who.getByLabel('終了コード').waitFor();
      await who.getByRole('button', { name: '記録せずに終了' }).click();
      await asks.getByText('担当者が会話を終了しました。').waitFor();
    }
    expect(complaints).toEqual([]);
  });
});
