/** Named timers: one at a time under each name. */
export class Timers {
  readonly #running = new Map<string, ReturnType<typeof setTimeout>>();

  /** Runs `then` after `ms`; a timer of that name that runs already goes on as it is. */
  once(name: string, ms: number, then: () => void): void {
    if (!this.#running.has(name)) this.again(name, ms, then);
  }

  /** Runs `then` after `ms`, counted anew. */
  again(name: string, ms: number, then: () => void): void {
    clearTimeout(this.#running.get(name));
    const timer = setTimeout(() => {
      this.#running.delete(name);
      then();
    }, ms);
    this.#running.set(name, timer);
  }
}
