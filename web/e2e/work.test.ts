/** Clerical work, against a center: planned at one site, whose death it outlives; offered at its time, done with its conversation. */
import { call, signIn, uuid } from '@madoguchi/shared';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESK, launch, open, picture } from './support/browser.ts';
import { center, contacts, control, ready } from './support/center.ts';

const TOKYO = [{ name: 'tokyo', url: center.tokyo }];
const OSAKA = [{ name: 'osaka', url: center.osaka }];
const TEXT = `カタログを送る ${uuid().slice(0, 8)}`;
const TASK = uuid();

let browser: Browser;
let agent: Page;
let token: string;
let record: string;

beforeAll(async () => {
  await Promise.all([ready(center.tokyo), ready(center.osaka)]);
  browser = await launch();
  agent = await open(browser, `${center.osaka}/desk/`, DESK);
  await agent.locator('input[name=login]').fill(center.login);
  await agent.locator('input[name=password]').fill(center.password);
  await agent.keyboard.press('Enter');
  await agent.locator('.header').waitFor();
  ({ token } = await signIn(TOKYO, center.supervisor, center.password));
  const body = { change: uuid(), fields: { name: '柏木 航' } };
  const made = await call<{ record: string }>(TOKYO, {
    method: 'POST',
    path: '/api/v1/prospects',
    token,
    body,
  });
  record = made.record;
});

afterAll(async () => {
  await control('start-site', 'tokyo').catch(() => {});
  await ready(center.tokyo);
  await browser?.close();
});

describe('a task', () => {
  it('that a dead site planned is offered at its time, with what is to be done', async () => {
    const deed = { do: 'plan', record, kind: 'documents', text: TEXT, at: Date.now() + 4_000 };
    const body = { command: 'plan', ...deed };
    await call(TOKYO, { method: 'POST', path: `/api/v1/tasks/${TASK}`, token, body });
    await control('kill-site', 'tokyo');
    await agent.keyboard.press('Alt+s');
    await agent.getByRole('menuitem', { name: '受付可' }).click();
    const offer = agent.locator('.offer');
    await offer.waitFor();
    await offer.locator('button').first().click();
    await agent.locator('.customer').getByText(TEXT).first().waitFor();
    await picture(agent, 'desk-task-ja-1280');
  });

  it('is done when its conversation is', async () => {
    await agent.keyboard.press('Alt+e');
    await agent.getByRole('button', { name: '記録せずに終了' }).click();
    await expect.poll(contacts).toBe(0);
    const path = `/api/v1/tasks?records=${record}&over=true`;
    const phase = async () =>
      (await call<{ tasks: { phase: string }[] }>(OSAKA, { path, token })).tasks.map((task) => task.phase);
    await expect.poll(phase).toEqual(['done']);
  });
});
