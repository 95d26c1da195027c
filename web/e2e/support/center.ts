import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type ConversationEvent, call, events, type Site, signIn } from '@madoguchi/shared';

const run = promisify(execFile);

function need(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: docs/web.md tells how to run this test`);
  return value.replace(/\/+$/, '');
}

/** The running practice center that the test talks to. */
export const center = {
  tokyo: need('MADOGUCHI_TOKYO'),
  osaka: need('MADOGUCHI_OSAKA'),
  login: process.env.MADOGUCHI_LOGIN ?? 'agent1',
  supervisor: process.env.MADOGUCHI_SUPERVISOR ?? 'supervisor',
  password: need('MADOGUCHI_PASSWORD'),
};

let supervisor: string | undefined;

const SITES: Site[] = [
  { name: 'tokyo', url: center.tokyo },
  { name: 'osaka', url: center.osaka },
];

/** `kill-site tokyo`, `start-site tokyo`: returns when it is done. */
export async function control(order: string, site: string): Promise<void> {
  const [program = '', ...first] = need('MADOGUCHI_BIN').split(' ');
  const data = process.env.MADOGUCHI_DATA;
  await run(program, [...first, 'ctl', ...(data ? ['--data', data] : []), order, site]);
}

/** The stored events of a conversation, as a site tells them. */
export async function stored(site: keyof typeof center, conversation: string): Promise<ConversationEvent[]> {
  const at = SITES.filter((s) => s.name === site);
  const { token } = await signIn(at, center.login, center.password);
  return events(at, token, conversation, 1_000);
}

/** How many contacts wait, ring or are held on the floor. */
export async function contacts(): Promise<number> {
  supervisor ??= (await signIn(SITES, center.supervisor, center.password)).token;
  const floor = await call<Record<'waiting' | 'offered' | 'held', number>>(SITES, {
    path: '/api/v1/floor',
    token: supervisor,
  });
  return floor.waiting + floor.offered + floor.held;
}

/** Waits until the site is ready to serve. */
export async function ready(url: string, patience = 60_000): Promise<void> {
  const until = Date.now() + patience;
  for (;;) {
    const ok = await fetch(`${url}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    if (Date.now() > until) throw new Error(`${url} is not ready after ${patience} ms`);
    await new Promise((resume) => setTimeout(resume, 200));
  }
}
