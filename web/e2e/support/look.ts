/** What a page comes to show. Every look is waited for: one look at what may still change says nothing. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { faults, settled } from './axe.ts';

/** Until axe finds nothing. `where` is told when it does. */
export const clean = (page: Page, where = '') =>
  expect.poll(() => faults(page), { interval: 250, message: where }).toEqual([]);

/** Until there are `n` of them. That there are none (any more) means something only after what would have brought them. */
export const shows = (what: Locator, n: number, which = '') =>
  expect.poll(() => what.count(), { message: which }).toBe(n);

/** Until the field has this value. */
export const holds = (field: Locator, value: string) => expect.poll(() => field.inputValue()).toBe(value);

/** Until keys go there. */
export const focused = (field: Locator) =>
  expect.poll(() => field.evaluate((element) => element.matches(':focus'))).toBe(true);

/** Closes the dialog that is open. */
export async function shut(page: Page): Promise<void> {
  await page.locator('[role=dialog]').first().waitFor();
  await settled(page);
  await page.keyboard.press('Escape');
  await page.locator('[role=dialog]').waitFor({ state: 'detached' });
}

/** Chooses from the menu that opens, by keyboard. It takes the focus as it opens: a key before that would be another item's. */
export async function choose(page: Page, name: string): Promise<void> {
  const item = page.getByRole('menuitem', { name });
  await item.waitFor();
  await settled(page);
  await item.press('Enter');
}

/** What an agent says of themselves in the header, and until the center has taken it. */
export async function become(page: Page, name: string, is: 'ready' | 'away'): Promise<void> {
  await page.keyboard.press('Alt+s');
  await choose(page, name);
  await page.locator(`button.state.${is}`).waitFor();
}

/** Until the center has answered what `act` makes the page ask. A word of success may be that of an earlier deed. */
export async function answered(
  page: Page,
  method: string,
  path: string,
  act: () => Promise<void>,
): Promise<void> {
  const answer = page.waitForResponse(
    (one) => one.request().method() === method && new URL(one.url()).pathname.startsWith(path),
  );
  await act();
  expect((await answer).status()).toBe(200);
}
