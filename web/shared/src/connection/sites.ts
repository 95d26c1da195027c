import type { Site } from '../frames.ts';
import { LIMITS } from './limits.ts';

/** An address without a slash at its end, so that equal sites compare equal. */
export function normalise(site: Site): Site {
  return { name: site.name, url: site.url.replace(/\/+$/, '') };
}

/** The sites' addresses, and the one in use. */
export class Sites {
  #list: Site[];
  #at = 0;
  readonly #avoidUntil = new Map<string, number>();

  constructor(list: readonly Site[]) {
    this.#list = list.map(normalise);
  }

  get list(): Site[] {
    return this.#list;
  }

  get current(): Site {
    return this.#list[this.#at] ?? this.#list[0] ?? { name: '', url: '' };
  }

  /** Takes the list that a site told, and finds that site in it. */
  learn(list: readonly Site[], serving: string): void {
    const url = this.current.url;
    if (list.length > 0) this.#list = list.map(normalise);
    const byName = this.#list.findIndex((s) => s.name === serving);
    const at = byName >= 0 ? byName : this.#list.findIndex((s) => s.url === url);
    this.#at = Math.max(0, at);
  }

  avoidCurrent(now: number): void {
    this.#avoidUntil.set(this.current.url, now + LIMITS.avoid);
  }

  /** Goes to the next site, passing over those that asked to be left alone, unless all did. */
  next(now: number): void {
    const count = this.#list.length;
    for (let step = 1; step <= count; step += 1) {
      const at = (this.#at + step) % count;
      if ((this.#avoidUntil.get(this.#list[at]?.url ?? '') ?? 0) > now) continue;
      this.#at = at;
      return;
    }
    this.#at = (this.#at + 1) % count;
  }
}
