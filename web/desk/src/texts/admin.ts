import type { Pair } from './pairs.ts';

export const ADMIN = {} as const satisfies Record<string, Pair>;
