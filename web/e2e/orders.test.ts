/** Orders and stock from the desk, against a center and its simulated shop: what is asked in one site's desk, the other site tells. */
import { call, signIn, uuid } from '@madoguchi/shared';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK, launch, open, picture } from './support/browser.ts';
import { center, ready } from './support/center.ts';
import { holds, shows } from './support/look.ts';

const TOKYO = [{ name: 'tokyo', url: center.tokyo }];
const ADDRESS = `東京都新宿区西新宿 ${uuid().slice(0, 8)}`;

interface Told {
  order: {
    id: string;
    record: string;
    status: string;
    delivery?: { date?: string; window?: string };
    to?: { address: string };
    returns: { reason?: string }[];
  };
}

let browser: Browser;
let agent: Page;
let record: Locator;
let token: string;

/** An order of the simulated shop, as the other site tells a supervisor. */
const told = (number: string) =>
  call<Told>(TOKYO, { path: `/api/v1/orders?shop=ec&number=${number}`, token }).then(({ order }) => order);

/** Opens the record of whose order it is, at its orders. */
async function meet(number: string): Promise<void> {
  await expect
    .poll(() =>
      told(number).then(
        ({ id }) => id,
        () => '',
      ),
    )
    .toMatch(/^ord-/);
  const { record: id } = await told(number);
  const name = `注文 ${uuid().slice(0, 8)}`;
  const body = { change: uuid(), fields: { name } };
  await call(TOKYO, { method: 'PATCH', path: `/api/v1/customers/${id}`, token, body });
  await expect
    .poll(async () => {
      await agent.keyboard.press('Escape');
      await agent.keyboard.press('Alt+l');
      await agent.getByRole('dialog').getByRole('textbox').fill(name);
      const found = agent.getByRole('region', { name: 'お客様' }).getByText(name);
      return found.waitFor({ timeout: 10_000 }).then(
        () => true,
        () => false,
      );
    })
    .toBe(true);
  await agent.getByRole('region', { name: 'お客様' }).getByRole('button').first().click();
  await record.getByRole('tab', { name: '注文', exact: true }).click();
  await order(number).waitFor();
}

const order = (number: string) => record.locator('ol.orders > li', { hasText: number });
const send = (form: Locator) => form.getByRole('button', { name: '店舗に依頼する' }).click();

async function confirmed(form: Locator): Promise<void> {
  await form.getByText('店舗が承りました').waitFor();
  await form.getByRole('button', { name: '閉じる' }).click();
}

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  ({ token } = await signIn(TOKYO, center.supervisor, center.password));
  browser = await launch();
  agent = await open(browser, `${center.osaka}/desk/`, DESK);
  record = agent.getByRole('dialog', { name: 'お客様の記録' });
  await agent.locator('input[name=login]').fill(center.login);
  await agent.locator('input[name=password]').fill(center.password);
  await agent.keyboard.press('Enter');
  await agent.locator('.header').waitFor();
});

afterAll(async () => {
  await browser?.close();
});

describe('an order that is not packed yet', () => {
  it('goes to another place at another time', async () => {
    await meet('A-10002');
    const one = order('A-10002');
    await one.getByRole('button', { name: /お届けを変更/ }).waitFor();
    await shows(one.getByText('千代田'), 0);
    await one.getByRole('button', { name: /お届けを変更/ }).click();
    const form = one.getByRole('form', { name: 'お届けを変更' });
    await form.getByLabel('お届け日').fill('2030-04-05');
    await form.getByLabel('時間帯（から）').fill('14:00');
    await form.getByLabel('時間帯（まで）').fill('16:00');
    await form.getByLabel('住所').fill(ADDRESS);
    await send(form);
    await confirmed(form);
    await one.getByText('2030-04-05 14:00-16:00').waitFor();
    await one.getByRole('button', { name: '住所を表示' }).click();
    await one.getByText(ADDRESS).waitFor();
    await picture(agent, 'desk-orders-center-ja-1280');
    await expect.poll(() => told('A-10002').then(({ to }) => to?.address)).toBe(ADDRESS);
    expect((await told('A-10002')).delivery).toMatchObject({ date: '2030-04-05', window: '14:00-16:00' });
  });
});

describe('the stock', () => {
  it('is seen by place; what is set aside is given back', async () => {
    await record.getByRole('button', { name: '在庫を調べる' }).click();
    const stock = record.getByRole('region', { name: '在庫を調べる' });
    await stock.getByLabel('品番・商品名').fill('静音キーボード');
    await agent.keyboard.press('Enter');
    for (const place of ['新宿店', '梅田店', '東日本倉庫']) await stock.getByText(place).first().waitFor();
    await stock.getByRole('button', { name: '静音キーボード を取り置く（東日本倉庫）' }).click();
    const form = stock.getByRole('form', { name: /取り置く/ });
    await form.getByLabel('数量').fill('1000');
    await send(form);
    await form.getByText('店舗が断りました').waitFor();
    await holds(form.getByLabel('数量'), '1000');
    await form.getByLabel('数量').fill('1');
    await send(form);
    await confirmed(form);
    const kept = record.locator('.orders > li', { hasText: 'KB-104 × 1' }).first();
    await kept.getByRole('button', { name: /取り置きをやめる/ }).click();
    await kept.waitFor({ state: 'detached' });
  });
});

describe('an order that an agent takes', () => {
  it('is the shop’s once it says yes, and is cancelled', async () => {
    const stock = record.getByRole('region', { name: '在庫を調べる' });
    await stock.getByRole('button', { name: '静音キーボード を注文に入れる' }).click();
    const form = record.getByRole('form', { name: '注文を受ける' });
    await form.getByLabel('単価').fill('12800');
    await form.getByLabel('住所').fill('大阪市北区梅田 1-1-1');
    await send(form);
    await form.getByText('店舗が承りました').waitFor();
    const words = (await form.getByRole('status').textContent()) ?? '';
    const [number = ''] = /[A-Z]-?\d+/.exec(words) ?? [];
    expect(number, words).not.toBe('');
    await form.getByRole('button', { name: '閉じる' }).click();
    const one = order(number);
    await one.getByRole('button', { name: /注文を取り消す/ }).click();
    const cancel = one.getByRole('form', { name: '注文を取り消す' });
    await send(cancel);
    await confirmed(cancel);
    await expect.poll(() => told(number).then(({ status }) => status)).toBe('cancelled');
  });
});

describe('an order that was shipped', () => {
  it('comes back', async () => {
    await meet('A-10001');
    const one = order('A-10001');
    const before = (await told('A-10001')).returns.length;
    await one.getByRole('button', { name: /返品を受ける/ }).click();
    const form = one.getByRole('form', { name: '返品を受ける' });
    await form.getByLabel('理由').selectOption('damaged');
    await form.getByLabel('お客様のお話').fill('割れていた');
    await send(form);
    await confirmed(form);
    await expect.poll(() => told('A-10001').then(({ returns }) => returns.length)).toBe(before + 1);
    expect((await told('A-10001')).returns.at(-1)?.reason).toBe('damaged');
  });
});
