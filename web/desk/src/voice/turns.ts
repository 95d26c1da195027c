/** Work that takes turns: what is done under a name begins when all that was asked under it before is done, well or not. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const own = (this.#last.get(name) ?? Promise.resolve()).then(work);
    this.#last.set(
      name,
      own.catch(() => {}),
    );
    return own;
  }
}
