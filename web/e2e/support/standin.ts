import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../mock/server.mjs', import.meta.url));

/** The stand-in center of `e2e/mock`, for tests of the pages alone. */
export class StandIn {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(url: string, process: ChildProcess) {
    this.url = url;
    this.#process = process;
  }

  static async start(): Promise<StandIn> {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const env = { ...process.env, MADOGUCHI_MOCK_PORT: String(port) };
    const child = spawn(process.execPath, [SERVER], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise<void>((resume, fail) => {
      child.stdout?.on('data', (text) => String(text).includes('osaka') && resume());
      child.on('exit', (code) => fail(new Error(`the stand-in ended with ${code}`)));
    });
    return new StandIn(`http://127.0.0.1:${port + 1}`, child);
  }

  stop(): void {
    this.#process.removeAllListeners('exit');
    this.#process.kill();
  }
}
