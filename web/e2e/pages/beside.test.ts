/** Calling back, asking first, notices and the forms of a supervisor, as pages: against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, launch, open, PHONE, picture, signedIn } from '../support/browser.ts';
import { answered, become, clean, holds, shows, shut } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;
let agent: Page;
let customer: Page;
let chief: Page;

const english = (page: Page) => page.getByRole('button', { name: 'English', exact: true }).click();

const signIn = (login: string) => signedIn(browser, center.url, login);

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('calling back', () => {
  it('books a call while waiting, says so, and cancels it', async () => {
    customer = await open(browser, `${center.url}/widget/`, PHONE);
    await customer.locator('select').selectOption('order');
    await customer.locator('input[type=radio]').first().check();
    await customer.locator('textarea').fill('届く日を変えられますか？');
    await customer.locator('button.primary').click();
    await customer.getByRole('button', { name: '折り返し電話を予約' }).click();
    await clean(customer);
    await customer.getByLabel('電話番号').fill('あとで');
    await customer.getByRole('button', { name: '予約する' }).click();
    await customer.getByText('電話番号を数字で').waitFor();
    await customer.getByLabel('電話番号').fill('090-1234-5678');
    await customer.getByLabel('何時以降').fill('18:30');
    await picture(customer, 'widget-call-form-ja-390');
    await customer.getByRole('button', { name: '予約する' }).click();
    await customer.getByText('折り返し電話を予約しました。').waitFor();
    await customer.getByText('18:30 以降に 090-1234-5678').waitFor();
    await clean(customer);
    await picture(customer, 'widget-call-booked-ja-390');
    await customer.reload();
    await customer.getByText('折り返し電話を予約しました。').waitFor();
    await customer.getByRole('button', { name: '電話をやめて' }).click();
    await customer.getByRole('button', { name: '折り返し電話を予約' }).waitFor();
    await customer.getByRole('button', { name: '折り返し電話を予約' }).click();
    await customer.getByLabel('電話番号').fill('03-1234-5678');
    await customer.keyboard.press('Enter');
    await customer.getByText('順番になりましたら 03-1234-5678').waitFor();
    await english(customer);
    await customer.getByText('Your call is booked.').waitFor();
    await picture(customer, 'widget-call-booked-en-390');
  });

  it('shows the agent whom to call, in the offer and beside the conversation', async () => {
    agent = await signIn('sato');
    await become(agent, '受付可', 'ready');
    await agent.locator('.offer', { hasText: '折り返し電話' }).waitFor();
    await clean(agent);
    await agent.keyboard.press('a');
    await agent.locator('.customer').getByRole('button', { name: '電話をかける：03-1234-5678' }).waitFor();
    await agent.getByText('お客様が折り返し電話を希望しました').first().waitFor();
    await clean(agent);
    await picture(agent, 'desk-callback-ja-1280');
    await customer.getByText('An agent has joined.').first().waitFor();
    await shows(customer.getByText('Your call is booked.'), 0);
  });

  it('keeps what is known of the customer', async () => {
    const row = agent.locator('.customer dl');
    await row.getByRole('button', { name: '変更' }).click();
    await agent.getByRole('textbox', { name: '区分' }).fill('vip');
    await row.getByRole('button', { name: '保存', exact: true }).click();
    await row.getByText('vip').waitFor();
    await clean(agent);
  });
});

describe('asking first', () => {
  it('asks a colleague, who sees the conversation while the customer sees nothing', async () => {
    const colleague = await signIn('smith');
    await agent.locator('#reply-box:enabled').waitFor();
    await agent.keyboard.press('Alt+t');
    await agent.getByText('Alex Smith').first().waitFor();
    await agent.locator('.target', { hasText: 'Alex Smith' }).locator('input').check();
    await agent.getByLabel('引き継ぎの要約').fill('日付の変更はできますか？');
    await clean(agent);
    await picture(agent, 'desk-consult-ja-1280');
    await agent.getByRole('button', { name: '先に相談する' }).click();
    await agent.getByText('Alex Smith に相談中です。').waitFor();
    await agent.getByText('相談：自分').waitFor();
    await clean(agent);
    await picture(agent, 'desk-consulting-ja-1280');
    await colleague.locator('.inbox-card', { hasText: 'あなたに相談しています' }).waitFor();
    await clean(colleague);
    await colleague.locator('.inbox-card').getByRole('button', { name: '会話を開く' }).click();
    await colleague.getByText('日付の変更はできますか？').waitFor();
    await colleague.locator('.inbox-card').waitFor({ state: 'detached' });
    // What is said after the question comes alone.
    await agent.keyboard.press('Alt+r');
    await agent.locator('#reply-box:enabled').fill('少々お待ちください。');
    await agent.locator('#reply-box').press('Control+Enter');
    await customer.getByText('少々お待ちください。').waitFor();
    await shows(customer.getByText('日付の変更'), 0);
    await shows(customer.getByText('handing you over'), 0);
    await colleague.getByRole('button', { name: 'Switch to English' }).click();
    await colleague.setViewportSize(PHONE);
    await clean(colleague);
    await picture(colleague, 'desk-consulted-en-390');
  });

  it('goes back, or hands over', async () => {
    await agent.getByRole('button', { name: '相談を終える' }).click();
    await agent.locator('.consultation').waitFor({ state: 'detached' });
    await agent.reload();
    await agent.getByRole('button', { name: 'この人に引き継ぐ' }).click();
    await customer.getByText('We are handing you over to a colleague.').waitFor();
  });
});

describe('a supervisor', () => {
  it('sends a notice, which stays until it is read', async () => {
    chief = await signIn('chief');
    await chief.getByRole('button', { name: 'フロア' }).click();
    await chief.getByRole('button', { name: '一斉連絡…' }).click();
    await chief.getByLabel('本文（日本語）').fill('配送の遅れについて、15 時から案内を変えます。');
    await chief.getByLabel('本文（英語）').fill('Delays: a new text from 3 p.m.');
    await clean(chief);
    await chief.getByRole('button', { name: '送る' }).click();
    await chief.getByText('確認 0').waitFor();
    await picture(chief, 'console-notice-ja-1280');
    await agent.locator('.inbox-card', { hasText: '配送の遅れ' }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-notice-ja-1280');
    await agent.reload();
    await agent.locator('.inbox-card', { hasText: '配送の遅れ' }).waitFor();
    await agent.getByRole('button', { name: 'Switch to English' }).click();
    await agent.locator('.inbox-card', { hasText: 'Delays: a new text' }).waitFor();
    await picture(agent, 'desk-notice-en-1280');
    await agent.setViewportSize(PHONE);
    await clean(agent);
    await picture(agent, 'desk-notice-en-390');
    await agent.setViewportSize(DESK);
    await answered(agent, 'POST', '/api/v1/notices/', () =>
      agent.getByRole('button', { name: 'Got it' }).click(),
    );
    await agent.locator('.inbox-card').waitFor({ state: 'detached' });
    await agent.reload();
    // The center tells of notices as it welcomes.
    await agent.locator('.site.up').waitFor();
    await shows(agent.locator('.inbox-card'), 0);
    await shut(chief);
    await chief.getByRole('button', { name: '一斉連絡…' }).click();
    await chief.getByText('確認 1').waitFor();
    await shut(chief);
  });

  it('sets what an agent takes at once, and what may come in between', async () => {
    await chief.getByRole('button', { name: '佐藤 美咲: 状態を変える' }).click();
    await chief.getByRole('menuitem', { name: 'スキルと容量…' }).click();
    const dialog = chief.getByRole('dialog');
    const capacities = dialog.locator('fieldset.rows', { hasText: '同時対応' });
    await capacities.getByRole('button', { name: '追加' }).click();
    const row = capacities.locator('.row.fields').last();
    await row.getByLabel('チャネル').selectOption('callback');
    await row.getByLabel('チャット').check();
    await clean(chief);
    await picture(chief, 'console-capacity-ja-1280');
    await dialog.getByRole('button', { name: '変更する' }).click();
    await chief.getByText('保存しました。').waitFor();
  });

  it('sets whose contacts come first', async () => {
    await chief.getByRole('button', { name: '管理' }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: '優先度', exact: true }).click();
    const segments = chief.locator('fieldset.rows', { hasText: 'お客様の区分' });
    await segments.getByRole('button', { name: '追加' }).click();
    await segments.getByRole('textbox', { name: '区分' }).last().fill('new');
    await clean(chief);
    await picture(chief, 'console-priorities-ja-1280');
    await answered(chief, 'PUT', '/api/v1/priorities', () =>
      chief.getByRole('button', { name: '保存', exact: true }).click(),
    );
    await chief.getByText('保存しました。').first().waitFor();
    await chief.locator('.admin-tabs').getByRole('button', { name: '窓口', exact: true }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: '優先度', exact: true }).click();
    await holds(segments.getByRole('textbox', { name: '区分' }).last(), 'new');
  });

  it('sees who set whose state', async () => {
    await chief.locator('.admin-tabs').getByRole('button', { name: '変更履歴', exact: true }).click();
    await chief.getByText('佐藤 美咲：受付可 → 離席（研修）').first().waitFor();
    await clean(chief);
    await picture(chief, 'console-changes-ja-1280');
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await chief.getByText('佐藤 美咲: Ready → Away').first().waitFor();
    await picture(chief, 'console-changes-en-1280');
    await chief.locator('.admin-tabs').getByRole('button', { name: 'Priorities', exact: true }).click();
    await chief.setViewportSize(PHONE);
    await clean(chief);
    await picture(chief, 'console-priorities-en-390');
  });

  it('fits a phone in English', async () => {
    await chief.getByRole('button', { name: 'Floor' }).click();
    await chief.getByRole('button', { name: /^佐藤 美咲: / }).click();
    await chief.getByRole('menuitem', { name: 'Skills and capacities…' }).click();
    await chief.getByRole('dialog').locator('fieldset.rows').first().waitFor();
    await clean(chief);
    await picture(chief, 'console-capacity-en-390');
  });
});

it('complained about nothing', () => {
  expect(complaints).toEqual([]);
});
