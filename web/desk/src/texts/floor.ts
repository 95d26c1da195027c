import type { Pair } from './pairs.ts';

export const FLOOR = {} as const satisfies Record<string, Pair>;
