import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../mock/server.mjs', import.meta.url));

/** The first of three ports in a row that nobody has; below those that systems give to connections. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const free = await Promise.all([0, 1, 2].map((step) => isFree(port + step)));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((told) => {
    const server = createServer();
    server.once('error', () => told(false));
    server.listen(port, '127.0.0.1', () => server.close(() => told(true)));
  });
}

/** The stand-in center of `e2e/mock`, for tests of the pages alone. */
export class StandIn {
  readonly url: string;
  /** The page that is the other end of calls, at the second site. */
  readonly gateway: string;
  readonly #control: string;
  readonly #process: ChildProcess;

  private constructor(port: number, process: ChildProcess) {
    this.url = `http://127.0.0.1:${port + 1}`;
    this.gateway = `http://127.0.0.1:${port + 2}/gateway/`;
    this.#control = `http://127.0.0.1:${port}`;
    this.#process = process;
  }

  static async start(): Promise<StandIn> {
    const port = await freePorts();
    const env = { ...process.env, MADOGUCHI_MOCK_PORT: String(port) };
    const child = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resume, fail) => {
      child.stdout?.on('data', (text) => String(text).includes('osaka') && resume());
      child.on('exit', (code) => fail(new Error(`the stand-in ended with ${code}`)));
    });
    return new StandIn(port, child);
  }

  /** `kill`, `start` with a site; `voice/ring`, `voice/move` … for calls. */
  async order(what: string, values: Record<string, string> = {}): Promise<string> {
    const answer = await fetch(`${this.#control}/${what}?${new URLSearchParams(values)}`, { method: 'POST' });
    return answer.text();
  }

  stop(): void {
    this.#process.removeAllListeners('exit');
    this.#process.kill();
  }
}
