// DEVELOPMENT AID ONLY: pictures of the pages against the stand-in server.  node e2e/mock/look.mjs FOLDER
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const folder = process.argv[2] ?? '/tmp/look';
const what = process.argv[3] ?? 'all';
mkdirSync(folder, { recursive: true });
const TOKYO = 'http://127.0.0.1:18101';
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
  ],
});

async function open(path, { width = 1280, height = 720, locale = 'ja-JP', dark = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    locale,
    colorScheme: dark ? 'dark' : 'light',
  });
  const page = await context.newPage();
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && console.log('console', m.text()));
  page.on('pageerror', (e) => console.log('pageerror', e.message));
  await page.goto(TOKYO + path);
  await page.waitForLoadState('networkidle').catch(() => {});
  return page;
}
const shot = (page, name) => page.screenshot({ path: `${folder}/${name}.png` });

async function customer(options, name, text, queue = 'support') {
  const page = await open(`/widget/?queue=${queue}`, options);
  await page.locator('input').fill(name);
  await page.locator('textarea').fill(text);
  await page.locator('button.primary').click();
  await page.locator('.message.own').first().waitFor();
  return page;
}

if (what === 'widget' || what === 'all') {
  await shot(await open('/widget/', { width: 390, height: 844 }), 'widget-start-phone-ja');
  await shot(await open('/widget/', { locale: 'en-US' }), 'widget-start-en');
  const a = await customer({ width: 390, height: 844 }, '佐藤 花子', '注文した白い鉢が割れて届きました。');
  await a.locator('textarea').fill('写真もお送りできます。');
  await a.keyboard.press('Enter');
  await a.waitForTimeout(400);
  await shot(a, 'widget-thread-phone-ja');
  await a.locator('.actions button').click();
  await shot(a, 'widget-end-phone-ja');
  const e = await open('/widget/example.html');
  await e.locator('.launcher').click();
  await shot(e, 'widget-embedded-ja');
}
if (what === 'desk' || what === 'all') {
  const { desk } = await import('./look-desk.mjs');
  await desk({ open, shot, customer });
}
await browser.close();
