import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.test.ts'],
    // One story told in steps: a later step means nothing when an earlier one failed.
    bail: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Conditions are waited for, however busy the machine is.
    expect: { poll: { timeout: 30_000 } },
  },
});
