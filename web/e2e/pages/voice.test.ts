/**
 * The softphone and the pages of calls, in a real browser with a made-up microphone. The other end is a page of the
 * stand-in in the same browser, so sound really flows; what the gateway does is proved against a gateway.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints, DESK, launch, open, PHONE, picture, WITH_SOUND } from '../support/browser.ts';
import { become, clean, focused, shows, shut } from '../support/look.ts';
import { StandIn } from '../support/standin.ts';

interface Noted {
  call: string;
  agent: string;
  phase: string;
  digits: string;
  joins: { site: string; who: string }[];
}
interface State {
  key: string;
  state: string;
  codec: string;
  packets: number;
  energy: number;
}

let center: StandIn;
let browser: Browser;
let gateway: Page;
let agent: Page;
let colleague: Page;
let chief: Page;

const noted = async (): Promise<Noted> => JSON.parse(await center.order('voice/state'));
const states = () => gateway.evaluate<State[]>('window.states()');
/** The connection of an account that is up at the other end. */
const up = async (who: string) =>
  (await states()).find((s) => s.key.endsWith(who) && s.state === 'connected');
const phase = (page: Page, is: string) => page.locator(`.call-bar[data-phase=${is}]`).waitFor();
const control = (page: Page, name: string) =>
  page.locator('.call-controls').getByRole('button', { name, exact: true });
const mark = (page: Page, text: string) => page.locator('.call-mark', { hasText: text }).waitFor();

/** What the page receives, told by its own connections. */
const WATCHED = `window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...all) { super(...all); window.peers.push(this); }
  };`;
const HEARD = `(async () => {
  let most = 0;
  for (const peer of window.peers)
    for (const one of (await peer.getStats()).values())
      if (one.type === 'inbound-rtp' && peer.connectionState === 'connected') most = one.totalAudioEnergy;
  return most;
})()`;
const heard = (page: Page) => page.evaluate<number>(HEARD);

async function signIn(login: string, site = center.url): Promise<Page> {
  const page = await open(browser, 'about:blank', DESK);
  await page.addInitScript(WATCHED);
  await page.goto(`${site}/desk/`);
  await page.locator('input[name=login]').fill(login);
  await page.locator('input[name=password]').fill('practice');
  await page.keyboard.press('Enter');
  await page.locator('.header').waitFor();
  return page;
}

const ready = (page: Page) => become(page, '受付可', 'ready');

beforeAll(async () => {
  center = await StandIn.start();
  browser = await launch(WITH_SOUND);
  gateway = await open(browser, center.gateway, DESK);
  agent = await signIn('sato');
  await ready(agent);
  chief = await signIn('chief');
});

afterAll(async () => {
  await browser?.close();
  center?.stop();
});

describe('a call that comes in', () => {
  it('is offered, accepted by a key, and sounds both ways in the coding of telephony', async () => {
    await center.order('voice/ring', { number: '+819012345678', name: '山田 花子', queue: 'support' });
    await agent.locator('.offer', { hasText: '電話の着信' }).waitFor();
    await clean(agent);
    await picture(agent, 'desk-call-offer-ja-1280');
    await agent.keyboard.press('a');
    await phase(agent, 'connected');
    await expect.poll(async () => (await up('sato'))?.codec).toBe('audio/PCMU');
    await expect.poll(async () => (await up('sato'))?.energy ?? 0).toBeGreaterThan(0);
    await expect.poll(() => heard(agent)).toBeGreaterThan(0);
    await mark(agent, '録音中');
    await agent.locator('.call-facts', { hasText: '8841' }).waitFor();
    await agent.locator('.call-link[data-grade]').waitFor();
    await clean(agent);
    await picture(agent, 'desk-call-ja-1280');
  });

  it('takes notes alone: nobody would read a reply', async () => {
    await expect.poll(() => agent.locator('.mode').allTextContents()).toEqual(['社内メモ']);
    await shows(agent.locator('#reply-box'), 0);
  });

  it('is muted here, held and resumed by keys, and its recording paused', async () => {
    await agent.locator('#note-box').press('Escape');
    await agent.keyboard.press('Alt+u');
    await mark(agent, 'ミュート中');
    const silent = async () => {
      const before = (await up('sato'))?.energy ?? 0;
      await agent.waitForTimeout(600);
      return ((await up('sato'))?.energy ?? 0) - before;
    };
    await expect.poll(silent).toBeLessThan(1e-6);
    await agent.keyboard.press('Alt+u');
    await agent.keyboard.press('Alt+h');
    await mark(agent, '保留中');
    await clean(agent);
    await agent.keyboard.press('Alt+h');
    await agent.locator('.call-mark[data-mark=hold]').waitFor({ state: 'detached' });
    await control(agent, '録音を止める').click();
    await mark(agent, '録音停止中');
    await control(agent, '録音を再開').click();
    await mark(agent, '録音中');
  });

  it('sends digits in order, from buttons and from the keyboard', async () => {
    await agent.keyboard.press('Alt+k');
    await agent.locator('.keypad').waitFor();
    await clean(agent);
    await picture(agent, 'desk-keypad-ja-1280');
    await agent.keyboard.type('12');
    await agent.getByRole('button', { name: '# を送る' }).click();
    await expect.poll(async () => (await noted()).digits).toBe('12#');
    await shut(agent);
  });

  it('makes a lost link anew by itself', async () => {
    const before = (await noted()).joins.length;
    await center.order('voice/cut');
    await expect.poll(async () => (await noted()).joins.length).toBeGreaterThan(before);
    await phase(agent, 'connected');
    await expect.poll(async () => (await up('sato'))?.energy ?? 0).toBeGreaterThan(0);
  });

  it('follows the call to another gateway, and says so in plain words', async () => {
    await center.order('voice/move', { site: 'osaka' });
    await agent.getByText('通話は拠点 osaka の設備に移りました').waitFor();
    await expect.poll(() => up('sato')).toBeTruthy();
    await clean(agent);
    await picture(agent, 'desk-call-moved-ja-1280');
  });

  it('joins at the other site when its own is lost', async () => {
    await center.order('kill', { site: 'tokyo' });
    await expect.poll(async () => (await noted()).joins.at(-1)?.site).toBe('osaka');
    await phase(agent, 'connected');
    await expect.poll(() => up('sato')).toBeTruthy();
    await center.order('start', { site: 'tokyo' });
  });

  it('comes back after a reload of the page', async () => {
    const before = (await noted()).joins.length;
    await agent.goto(`${center.url}/desk/`);
    await phase(agent, 'connected');
    await expect.poll(async () => (await noted()).joins.length).toBeGreaterThan(before);
    await clean(agent);
  });

  it('fits a phone, in English as well', async () => {
    await agent.setViewportSize(PHONE);
    await clean(agent);
    await picture(agent, 'desk-call-ja-390');
    await agent.setViewportSize(DESK);
    await agent.getByRole('button', { name: 'Switch to English' }).click();
    await mark(agent, 'Recording');
    await clean(agent);
    await picture(agent, 'desk-call-en-1280');
    await agent.setViewportSize(PHONE);
    await picture(agent, 'desk-call-en-390');
    await agent.setViewportSize(DESK);
    await agent.getByRole('button', { name: '日本語に切り替える' }).click();
  });
});

describe('handing over', () => {
  it('asks a colleague first, who answers, and all talk together', async () => {
    colleague = await signIn('tanaka');
    await agent.keyboard.press('Alt+t');
    await agent.getByRole('radio', { name: /田中/ }).check();
    await agent.getByLabel('引き継ぎの要約').fill('鉢の破損。交換を希望。');
    await clean(agent);
    await picture(agent, 'desk-call-transfer-ja-1280');
    await agent.getByRole('button', { name: '先に相談' }).click();
    await agent.getByText('田中 一郎 を呼び出しています').waitFor();
    await colleague.locator('.call-asked').waitFor();
    await clean(colleague);
    await colleague.getByRole('button', { name: '電話に出る' }).press('Enter');
    await agent.getByText('田中 一郎 に相談中').waitFor();
    await clean(agent);
    await picture(agent, 'desk-call-consult-ja-1280');
    await expect.poll(() => up('tanaka')).toBeTruthy();
    await control(agent, '三者通話').click();
    await agent.locator('.call-mark[data-mark=hold]').waitFor({ state: 'detached' });
    await control(colleague, '切る').click();
    await colleague.getByText('通話を切りました').waitFor();
    await phase(agent, 'connected');
  });

  it('hands over to a queue with a summary, and is free again', async () => {
    await ready(colleague);
    await become(agent, '休憩', 'away');
    await control(agent, '転送').click();
    await agent.getByRole('radio', { name: /返品・交換/ }).check();
    await agent.getByLabel('引き継ぎの要約').fill('交換の手配をお願いします。');
    await agent.getByRole('button', { name: 'すぐに転送' }).click();
    await agent.getByText('通話は終わりました').waitFor();
    await colleague.locator('.offer').waitFor();
    await colleague.locator('.offer button').first().click();
    await phase(colleague, 'connected');
    await colleague.getByText('交換の手配をお願いします。').waitFor();
    await expect
      .poll(() => agent.evaluate('window.peers.every((peer) => peer.signalingState === "closed")'))
      .toBe(true);
  });
});

describe('the supervisor', () => {
  it('listens in, whispers, and lets it be', async () => {
    await chief.getByRole('button', { name: '電話', exact: true }).click();
    await chief.locator('tr', { hasText: '山田 花子' }).waitFor();
    await clean(chief);
    await picture(chief, 'console-calls-ja-1280');
    await chief.getByRole('button', { name: /モニタ$/ }).press('Enter');
    await phase(chief, 'connected');
    await mark(chief, 'モニタ');
    await expect.poll(() => up('chief')).toBeTruthy();
    await chief
      .locator('.grid')
      .getByRole('button', { name: /ささやく$/ })
      .click();
    await mark(chief, 'ささやき');
    await clean(chief);
    await picture(chief, 'console-calls-whisper-ja-1280');
    await control(chief, '切る').click();
    await expect.poll(async () => (await noted()).phase).toBe('talking');
    await expect.poll(() => up('tanaka')).toBeTruthy();
  });

  it('takes a call over', async () => {
    await chief.getByRole('button', { name: /引き取る$/ }).click();
    await expect.poll(async () => (await noted()).agent).toBe('chief');
    await phase(chief, 'connected');
    await colleague.getByText('通話は終わりました').waitFor();
  });

  it('sees lines, numbers and lists without a fault', async () => {
    for (const [tab, text] of [
      ['回線', 'carrier-b'],
      ['番号', '番号と音声案内'],
      ['留守番電話', '06-6123-4567'],
      ['取りこぼし', '設備の停止で切れた'],
    ] as const) {
      await chief.locator('.admin-tabs').getByRole('button', { name: tab, exact: true }).click();
      await chief.locator('.card', { hasText: text }).waitFor();
      await clean(chief, tab);
    }
    await picture(chief, 'console-lost-ja-1280');
  });

  it('sees the calls that are over, page by page, and hears one', async () => {
    await chief.locator('.admin-tabs').getByRole('button', { name: '通話履歴', exact: true }).click();
    const rows = chief.locator('.grid tbody tr');
    await expect.poll(() => rows.count()).toBe(50);
    await chief.getByRole('button', { name: 'もっと前の通話' }).click();
    await expect.poll(() => rows.count()).toBe(60);
    await rows.first().getByRole('button', { name: /録音$/ }).click();
    await chief.locator('.recordings').waitFor();
    const untalked = rows.filter({ hasText: '音声案内で終了' }).first();
    await untalked.getByRole('button', { name: /録音$/ }).click();
    await chief.getByText('録音はありません。').waitFor();
    await clean(chief);
    await picture(chief, 'console-past-ja-1280');
    await agent.getByRole('button', { name: '電話', exact: true }).click();
    await agent.locator('.admin-tabs').getByRole('button', { name: '通話履歴', exact: true }).click();
    const own = agent.locator('.grid tbody tr');
    await expect.poll(() => own.count()).toBe(15);
    await expect.poll(() => own.getByText('佐藤').count()).toBe(15);
    await agent.setViewportSize(PHONE);
    await clean(agent);
    await picture(agent, 'console-past-ja-phone');
    await agent.setViewportSize(DESK);
    await own
      .first()
      .getByRole('button', { name: /^電話をかける：/ })
      .waitFor();
  });

  it('changes a guidance by forms, is told what is wrong, and saves a new version', async () => {
    await chief.getByRole('button', { name: '電話', exact: true }).click();
    await chief.locator('.admin-tabs').getByRole('button', { name: '音声案内' }).click();
    await chief.locator('.item', { hasText: '代表番号' }).click();
    await chief.locator('.node').nth(6).waitFor();
    await clean(chief);
    await chief.getByLabel('手順の名前').last().fill('bye');
    await chief.getByLabel('種類').selectOption('hangup');
    await chief.getByRole('button', { name: '手順を加える' }).press('Enter');
    const menu = chief.locator('.node', { hasText: '番号で選ぶ' });
    await menu.locator('summary').press('Enter');
    await menu.getByRole('button', { name: '選択肢 2 を削除' }).click();
    await chief.getByRole('button', { name: '確認する' }).click();
    await chief
      .locator('.node[data-severity=warning]', { hasText: 'どこからも来られません' })
      .first()
      .waitFor();
    await clean(chief);
    await picture(chief, 'console-flow-ja-1280');
    await menu.getByRole('button', { name: '＋ 追加' }).click();
    await menu.getByLabel(/^番号/).last().selectOption('9');
    await menu.getByLabel('進む手順').last().selectOption('bye');
    await chief.getByRole('button', { name: '新しい版として保存' }).click();
    await chief.locator('.item', { hasText: '版 2' }).waitFor();
    await chief.getByLabel('版', { exact: true }).selectOption('1');
    await chief.getByText('以前の版を表示しています').waitFor();
    await chief.getByLabel('版', { exact: true }).selectOption('2');
    await chief.getByText('以前の版を表示しています').waitFor({ state: 'detached' });
    // As if a colleague had saved since it was opened.
    const old = (url: URL) => url.searchParams.has('version');
    await chief.route(old, (route) => {
      const asked = route.request();
      return route.continue(
        asked.method() === 'PUT' ? { url: asked.url().replace(/version=\d+/, 'version=1') } : {},
      );
    });
    await chief.getByRole('button', { name: '新しい版として保存' }).click();
    await chief.getByText('別の人が先に変更しました').waitFor();
    await chief.unroute(old);
  });

  it('tries it out as a caller would', async () => {
    await chief.getByRole('button', { name: '試す', exact: true }).click();
    await chief.getByText('青空ストアでございます。').waitFor();
    await chief.getByRole('button', { name: '営業中', exact: true }).click();
    await chief.getByLabel('番号を押す').fill('１');
    await chief.keyboard.press('Enter');
    await chief.getByText('担当者を待っています').waitFor();
    await clean(chief);
    await picture(chief, 'console-flow-try-ja-1280');
    await chief.getByRole('button', { name: 'JSON' }).click();
    await chief.getByLabel('音声案内の JSON').fill('{');
    await chief.getByText('JSON として読めません').waitFor();
    await clean(chief);
  });

  it('is the same in English, in the dark and on a phone', async () => {
    await chief.getByRole('button', { name: 'Switch to English' }).click();
    await chief.getByRole('button', { name: 'Switch between light and dark' }).click();
    await chief.getByRole('button', { name: 'Nodes', exact: true }).click();
    await clean(chief);
    await picture(chief, 'console-flow-en-1280');
    await chief.setViewportSize(PHONE);
    await clean(chief);
    await picture(chief, 'console-flow-en-390');
    await chief.setViewportSize(DESK);
    await control(chief, 'Hang up').click();
    await expect.poll(async () => (await noted()).phase).toBe('ended');
  });
});

describe('recordings', () => {
  it('are drawn and played, and gone through by keys', async () => {
    await chief.getByRole('button', { name: 'Desk', exact: true }).click();
    await chief.locator('.item.past', { hasText: '山田 花子' }).first().click();
    await chief.getByRole('button', { name: /Listen/ }).press('Enter');
    const slider = chief.getByRole('slider');
    await slider.waitFor();
    await expect.poll(async () => Number(await slider.getAttribute('aria-valuenow'))).toBeGreaterThan(0);
    await chief.getByRole('button', { name: 'Pause', exact: true }).click();
    await slider.press('Home');
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('0');
    await slider.press('ArrowRight');
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('5');
    const drawn = () =>
      slider.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
          data: [],
        };
        return [...data].filter((value, i) => i % 4 === 3 && value > 0).length;
      });
    await expect.poll(drawn).toBeGreaterThan(2_000);
    await clean(chief);
    await picture(chief, 'desk-recording-en-1280');
  });
});

describe('calling out', () => {
  it('dials a number that is typed into the palette', async () => {
    await agent.keyboard.press('Control+k');
    await focused(agent.locator('.picker-box'));
    await agent.keyboard.type('０３−１２３４−５６７８');
    await agent.getByText('電話をかける：03-1234-5678').waitFor();
    await clean(agent);
    await agent.keyboard.press('Enter');
    await phase(agent, 'connected');
    await agent.locator('.call-phase', { hasText: '通話中' }).waitFor();
    await control(agent, '切る').click();
    await expect.poll(async () => (await noted()).phase).toBe('ended');
  });

  it('calls a lost caller back by a click', async () => {
    await agent.getByRole('button', { name: '電話', exact: true }).click();
    await agent.locator('.admin-tabs').getByRole('button', { name: '取りこぼし', exact: true }).click();
    await agent.getByRole('button', { name: '電話をかける：090-1234-5678' }).press('Enter');
    await phase(agent, 'connected');
    await agent.keyboard.press('Alt+Shift+x');
    await expect.poll(async () => (await noted()).phase).toBe('ended');
  });

  it('is asked for in a form that knows what is no number', async () => {
    await agent.keyboard.press('Alt+o');
    await agent.getByLabel('電話番号', { exact: true }).fill('0312345');
    await agent.getByText('電話番号として読めません。').waitFor();
    await clean(agent);
    await shut(agent);
  });
});

describe('devices', () => {
  it('are checked in plain words, and the choice is kept', async () => {
    await agent.keyboard.press('Alt+Shift+d');
    await agent.getByText('声が届いています').waitFor();
    await agent.getByRole('button', { name: '試しに鳴らす' }).click();
    await agent.getByRole('button', { name: '聞こえた', exact: true }).click();
    await agent.getByText('電話を受ける準備ができています').waitFor();
    const choice = agent.getByLabel('マイク', { exact: true });
    await expect.poll(() => choice.locator('option').count()).toBeGreaterThan(1);
    await choice.selectOption({ index: 1 });
    const kept = () => agent.evaluate(() => localStorage.getItem('madoguchi.desk.devices') ?? '{}');
    await expect.poll(async () => JSON.parse(await kept()).microphone).toMatch(/./);
    await agent.getByText('声が届いています').waitFor();
    await clean(agent);
    await picture(agent, 'desk-devices-ja-1280');
    await agent.setViewportSize(PHONE);
    await clean(agent);
    await picture(agent, 'desk-devices-ja-390');
    await shut(agent);
    await agent.setViewportSize(DESK);
  });

  it('say what is in the way, and a call waits until it is put right', async () => {
    const refused = await signIn('smith');
    await refused.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    await ready(refused);
    await center.order('voice/ring', { number: '', queue: 'english', agent: 'smith' });
    await refused.locator('.offer').waitFor();
    await refused.keyboard.press('a');
    await refused.getByText('ブラウザがマイクの使用を止めています').waitFor();
    await clean(refused);
    await picture(refused, 'desk-call-microphone-ja-1280');
    await refused.reload();
    await phase(refused, 'connected');
    await control(refused, '切る').click();
  });
});

it('complained about nothing', () => {
  expect(complaints).toEqual([]);
});
