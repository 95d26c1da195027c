import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/desk/',
  plugins: [react()],
  build: {
    outDir: fileURLToPath(new URL('../dist/desk', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: false,
    // Small files stay files: a strict CSP forbids data: scripts and styles.
    assetsInlineLimit: 0,
    // Agents load the desk once a shift; it has no first-visit budget as the widget has.
    chunkSizeWarningLimit: 700,
  },
});
