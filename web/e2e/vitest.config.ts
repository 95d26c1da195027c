import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.test.ts'],
    setupFiles: ['support/story.ts'],
    sequence: { hooks: 'list' },
    // All stories share one center: after one that failed it may lack a site, and have contacts that nobody ends.
    bail: 1,
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
    // Conditions are waited for, however busy the machine is.
    expect: { poll: { timeout: 60_000 } },
  },
});
