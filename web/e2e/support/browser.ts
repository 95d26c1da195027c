import { mkdirSync } from 'node:fs';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';

const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const DESK = { width: 1280, height: 720 };
export const PHONE = { width: 390, height: 844 };

/** How long a page may take for one thing, in ms: machines are busy. */
const PATIENCE = 60_000;

/** Chromium with a user folder of its own that is gone afterwards. */
export function launch(more: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: [...ARGUMENTS, ...more], timeout: 2 * PATIENCE });
}

/** A made-up microphone that is allowed without a question; sound between pages of one machine. */
export const WITH_SOUND = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
];

/** What a page complained about, besides the refused connections that a dead site brings. */
export const complaints: string[] = [];

export interface Opened {
  page: Page;
  /** What it said on its console. */
  lines: string[];
}

/** Every page of this file of tests, in the order of opening. */
export const opened: Opened[] = [];

/** Pages give a site 2.5 s for an answer. A site on a busy machine is slow, not dead: it has so many times as long. */
export const SLOWER = 8;
const PATIENT = `{
  const { timeout } = AbortSignal;
  AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ${SLOWER} * ms);
}`;

/** Notes what a page says; makes it slow when `MADOGUCHI_THROTTLE` says how many times. */
export async function watch(page: Page): Promise<Page> {
  const lines: string[] = [];
  opened.push({ page, lines });
  page.setDefaultTimeout(PATIENCE);
  await page.addInitScript(PATIENT);
  page.on('pageerror', (error) => {
    lines.push(error.message);
    complaints.push(`${page.url()}: ${error.message}`);
  });
  page.on('console', (message) => {
    lines.push(`${message.type()}: ${message.text()}`);
    if (message.type() === 'error' && !/ERR_|WebSocket|Failed to load resource/.test(message.text()))
      complaints.push(`${page.url()}: ${message.text()}`);
  });
  const rate = Number(process.env.MADOGUCHI_THROTTLE ?? 1);
  if (rate > 1) {
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate });
  }
  return page;
}

export async function open(browser: Browser, url: string, viewport: typeof DESK): Promise<Page> {
  const context = await browser.newContext({ viewport, locale: 'ja-JP' });
  const page = await watch(await context.newPage());
  await page.goto(url);
  return page;
}

/** A desk at which somebody has signed in; the password is the stand-in's, unless another is given. */
export async function signedIn(
  browser: Browser,
  url: string,
  login: string,
  size = DESK,
  password = 'practice',
): Promise<Page> {
  const page = await open(browser, `${url}/desk/`, size);
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill(password);
  await page.keyboard.press('Enter');
  await page.locator('.header').waitFor();
  return page;
}

/** Writes a picture when `MADOGUCHI_IMAGES` names a folder. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.MADOGUCHI_IMAGES;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.mouse.move(0, 0);
  await page.screenshot({ path: `${folder}/${name}.png` });
}

/** Types as a Japanese input method does, by the browser's own composition events. */
export class InputMethod {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(page: Page): Promise<InputMethod> {
    return new InputMethod(await page.context().newCDPSession(page));
  }

  /** Shows `text` as not yet confirmed, letter after letter. */
  async compose(text: string): Promise<void> {
    for (let end = 1; end <= text.length; end += 1)
      await this.#session.send('Input.imeSetComposition', {
        text: text.slice(0, end),
        selectionStart: end,
        selectionEnd: end,
      });
  }

  /** The Enter that confirms a conversion: the browser tells the page key code 229. */
  async confirmingEnter(): Promise<void> {
    await this.#key('Process', 229);
  }

  /** An Enter as some browsers and input methods send it within a composition. */
  async plainEnter(): Promise<void> {
    await this.#key('Enter', 13);
  }

  async #key(key: string, windowsVirtualKeyCode: number): Promise<void> {
    const what = { key, code: 'Enter', windowsVirtualKeyCode };
    await this.#session.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...what });
    await this.#session.send('Input.dispatchKeyEvent', { type: 'keyUp', ...what });
  }

  /** Confirms: the composition ends with `text`. The page holds an Enter back for one tick then, and no person is faster than that. */
  async commit(text: string): Promise<void> {
    await this.#session.send('Input.insertText', { text });
    const expression = 'new Promise((later) => setTimeout(() => setTimeout(later, 50), 0))';
    await this.#session.send('Runtime.evaluate', { expression, awaitPromise: true });
  }
}
