/** The supervisors' board of cases, against a center: what one site's board hands on, the other site tells. */
import { call, signIn, uuid } from '@madoguchi/shared';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK, launch, open, picture } from './support/browser.ts';
import { center, ready } from './support/center.ts';

const TOKYO = [{ name: 'tokyo', url: center.tokyo }];
const CASE = uuid();
const TITLE = `部品の見積もり ${CASE.slice(0, 8)}`;

interface Whole {
  case: { department: string; owner: string };
  entries: { what: string; text: string }[];
}

let browser: Browser;
let chief: Page;
let token: string;

const told = () => call<Whole>(TOKYO, { path: `/api/v1/cases/${CASE}`, token });

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  ({ token } = await signIn(TOKYO, center.supervisor, center.password));
  const person = { change: uuid(), fields: { name: '柏木 航' } };
  const { record } = await call<{ record: string }>(TOKYO, {
    method: 'POST',
    path: '/api/v1/prospects',
    token,
    body: person,
  });
  const opened = { command: 'open', do: 'open', record, kind: 'damage', title: TITLE, department: 'sales' };
  await call(TOKYO, { method: 'POST', path: `/api/v1/cases/${CASE}`, token, body: opened });
  browser = await launch();
  chief = await open(browser, `${center.osaka}/desk/`, DESK);
  await chief.locator('input[name=login]').fill(center.supervisor);
  await chief.locator('input[name=password]').fill(center.password);
  await chief.keyboard.press('Enter');
  await chief.locator('.header').waitFor();
});

afterAll(async () => {
  await browser?.close();
});

describe('the board of cases', () => {
  it('gives a case to somebody, then to another department, with a word', async () => {
    const agents = await call<{ id: string }[]>(TOKYO, { path: '/api/v1/agents', token });
    const owner = agents[0]?.id ?? '';
    await chief.locator('.pages').getByRole('button', { name: '案件', exact: true }).click();
    await chief.getByLabel('部署').selectOption('sales');
    await chief.locator('button.case', { hasText: TITLE }).click();
    const one = chief.getByRole('region', { name: '案件の内容' });
    await one.getByLabel('担当者').selectOption(owner);
    await one.getByRole('button', { name: '担当を替える' }).click();
    await one.locator('.case-history').getByText('担当', { exact: true }).waitFor();
    await expect.poll(() => told().then((whole) => whole.case.owner)).toBe(owner);
    await one.getByLabel('メモ').fill('在庫を確認してください');
    await one.getByLabel('引き継ぐ部署').selectOption('maintenance');
    await one.getByRole('button', { name: '引き継ぐ', exact: true }).click();
    await one.locator('.case-history').getByText('在庫を確認してください').waitFor();
    await picture(chief, 'console-case-center-ja-1280');
    await expect
      .poll(() => told().then((whole) => whole.case))
      .toMatchObject({
        department: 'maintenance',
        owner: '',
      });
    // Another department's now: it is gone from the list of sales.
    await chief.locator('button.case', { hasText: TITLE }).waitFor({ state: 'detached' });
  });
});
