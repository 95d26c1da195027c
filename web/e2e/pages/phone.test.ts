/** Supervisors' pages on a phone in both languages: no page scrolls sideways, and words stay whole. Against the stand-in of `e2e/mock`. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launch, PHONE, picture, signedIn } from '../support/browser.ts';
import { clean } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

let center: StandIn;
let browser: Browser;

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

/** By how many px anything of the page, or of its menu, is wider than the screen. */
const SIDEWAYS = `Math.max(
  document.documentElement.scrollWidth - innerWidth,
  ...[...document.querySelectorAll('.board, .header, .pages')].map((one) => one.scrollWidth - one.clientWidth),
  ...[...document.querySelectorAll('.pages button')].map((one) => one.getBoundingClientRect().right - innerWidth),
)`;

/** Words of tables' figures that stand in more than one line. */
const BROKEN = `(() => {
  const broken = [];
  for (const cell of document.querySelectorAll('.insight .grid th, .insight .grid td')) {
    const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      for (const { 0: word, index } of node.data.matchAll(/[A-Za-z0-9.%,]+/g)) {
        const range = document.createRange();
        range.setStart(node, index);
        range.setEnd(node, index + word.length);
        if (new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size > 1) broken.push(word);
      }
  }
  return broken;
})()`;

const PAGES = {
  ja: ['デスク', 'フロア', '電話', '案件', '分析', '管理'],
  en: ['Desk', 'Floor', 'Calls', 'Cases', 'Insight', 'Administration'],
} as const;

async function through(language: keyof typeof PAGES, width: number): Promise<void> {
  const page = await signedIn(browser, center.url, 'chief', { ...PHONE, width });
  if (language === 'en') await page.getByRole('button', { name: 'Switch to English' }).click();
  for (const name of PAGES[language]) {
    await page.locator('.pages').getByRole('button', { name, exact: true }).click();
    await page.locator('.pages [aria-current=page]', { hasText: name }).waitFor();
    await looked(page, `${name} ${width}`);
  }
  await page.locator('.pages').getByRole('button', { name: PAGES[language][4], exact: true }).click();
  await page.locator('table.paths').waitFor();
  await expect.poll(() => page.evaluate(BROKEN)).toEqual([]);
  await looked(page, `the counted journeys ${width}`);
  await page.locator('table.grid').first().scrollIntoViewIfNeeded();
  await picture(page, `console-journeys-stages-${language}-${width}`);
  await page.context().close();
}

async function looked(page: Page, what: string): Promise<void> {
  await clean(page, what);
  await expect.poll(() => page.evaluate(SIDEWAYS), { message: what }).toBeLessThanOrEqual(0);
}

describe('the pages of supervisors', () => {
  for (const width of [360, 390])
    for (const language of ['ja', 'en'] as const)
      it(`fit ${width} px, ${language}`, () => through(language, width));
});
