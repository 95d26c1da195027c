import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** A menu lies in a portal at the end of the page, as the practice for menus asks; that is no landmark. */
const OFF = { region: { enabled: false } };

interface Result {
  violations: { id: string; nodes: { target: unknown[]; failureSummary?: string }[] }[];
}

/** Until everything that comes or goes has done so: half-shown letters have no contrast. */
const SETTLED = `Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect?.getComputedTiming().endTime !== Infinity).map((one) => one.finished))`;

/** A dialog begins to show a frame or two after the key, and takes the focus a moment later. */
const SHOWN = `new Promise((then) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => setTimeout(() => then(0))))))`;

/** Until what was begun on the page has come about: what opens has opened, and has the focus. */
export async function settled(page: Page): Promise<void> {
  await page.evaluate(SHOWN);
  await page.evaluate(`${SETTLED}.then(() => 0)`);
}

/** What axe finds on the page as it stands, one line each; nothing when all is well. */
export async function faults(page: Page): Promise<string[]> {
  await settled(page);
  const options = JSON.stringify({ runOnly: RULES, rules: OFF });
  if (await page.evaluate("typeof window.axe === 'undefined'")) await page.evaluate(SOURCE);
  const found = await page.evaluate<Result>(`axe.run(document, ${options})`);
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id} at ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
  );
}
