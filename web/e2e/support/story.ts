/**
 * Set up for every file of tests. A file tells one story in steps: after a step that failed the later ones mean nothing and are
 * skipped; other files still run. What was on the pages when it failed is kept, and told in the log.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, type RunnerTask } from 'vitest';
import { type Opened, opened, SLOWER } from './browser.ts';

const FOLDER =
  process.env.MADOGUCHI_RESULTS ?? fileURLToPath(new URL('../../../.madoguchi/browser', import.meta.url));
/** How much of a page is told in the log, in letters; the file has all of it. */
const TOLD = 6_000;

// As the pages do (see browser.ts), the tests themselves wait longer for a site that is slow.
const { timeout } = AbortSignal;
AbortSignal.timeout = (ms) => timeout.call(AbortSignal, SLOWER * ms);

/** The step that failed. */
let failed: string | undefined;

beforeEach((context) => {
  if (failed !== undefined) context.skip(`after a failed step: ${failed}`);
  context.onTestFailed(async ({ task }) => {
    failed = task.name;
    await keep(task.file.name, task.name);
  });
});

// Hooks run in the order of the list (see the configuration): before the story's own, which close the browser.
// biome-ignore lint/correctness/noEmptyPattern: only a pattern may stand here.
afterAll(async ({}, file) => {
  if (failed === undefined && file.tasks.some(isBroken)) await keep(file.name, 'making ready');
});

function isBroken(task: RunnerTask): boolean {
  return task.result?.state === 'fail' || (task.type === 'suite' && task.tasks.some(isBroken));
}

async function keep(file: string, step: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  const name = `${FOLDER}/${file.replace(/\.test\.ts$/, '').replace(/\W+/g, '-')}`;
  for (const [at, one] of opened.entries()) {
    if (one.page.isClosed()) continue;
    const text = await asItStands(one, `${name}-${at + 1}.png`);
    writeFileSync(`${name}-${at + 1}.txt`, text);
    console.log(`--- ${file}, “${step}”: ${name}-${at + 1}.png and .txt\n${text.slice(0, TOLD)}`);
  }
}

/** What a page shows, as screen readers have it, and what it said on its console. */
async function asItStands({ page, lines }: Opened, path: string): Promise<string> {
  const timeout = 10_000;
  const untold = (error: Error) => `(not to be had: ${error.message.split('\n')[0]})`;
  await page.screenshot({ path, timeout }).catch(untold);
  const shown = await page.locator('body').ariaSnapshot({ timeout }).catch(untold);
  return `${page.url()}\n${shown}\nconsole:\n${lines.slice(-40).join('\n')}\n`;
}
