import { ApiError } from './api.ts';
import { newUpload, type Upload } from './files.ts';

/** Files on their way. Each keeps its message id, so a second try never stores it twice. */
export class Uploads {
  readonly #send: (upload: Upload) => Promise<unknown>;
  readonly #set: (uploads: readonly Upload[]) => void;
  #all: readonly Upload[] = [];

  constructor(send: (upload: Upload) => Promise<unknown>, set: (uploads: readonly Upload[]) => void) {
    this.#send = send;
    this.#set = set;
  }

  async add(conversation: string, files: readonly File[]): Promise<void> {
    const added = files.map((file) => newUpload(conversation, file));
    this.#keep([...this.#all, ...added]);
    // One after the other: they appear in the order in which they were chosen.
    for (const upload of added) if (upload.state === 'sending') await this.#try(upload);
  }

  async retry(message: string): Promise<void> {
    const upload = this.#all.find((u) => u.message === message);
    if (upload) await this.#try(upload);
  }

  drop(message: string): void {
    this.#keep(this.#all.filter((u) => u.message !== message));
  }

  async #try(upload: Upload): Promise<void> {
    this.#change(upload.message, { state: 'sending', reason: '' });
    try {
      await this.#send(upload);
      this.drop(upload.message);
    } catch (error) {
      const reason =
        error instanceof ApiError ? (error.status === 404 ? 'no_files' : error.reason) : 'internal';
      this.#change(upload.message, { state: 'failed', reason });
    }
  }

  #change(message: string, change: Partial<Upload>): void {
    this.#keep(this.#all.map((u) => (u.message === message ? { ...u, ...change } : u)));
  }

  #keep(all: readonly Upload[]): void {
    this.#all = all;
    this.#set(all);
  }
}
