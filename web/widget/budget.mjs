// Fails when what the widget's first visit loads is larger than the budget.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET = 60 * 1024;
const dist = new URL('../dist/widget/', import.meta.url);

/** The file and everything that it imports statically. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  const text = readFileSync(new URL(name, dist), 'utf8');
  const folder = name.includes('/') ? name.slice(0, name.lastIndexOf('/') + 1) : '';
  for (const [, path] of text.matchAll(/(?:from|import)\s*"(\.[^"]+\.js)"/g))
    closure(new URL(folder + path, dist).href.slice(dist.href.length), seen);
  return seen;
}

const html = readFileSync(new URL('index.html', dist), 'utf8');
const linked = [...html.matchAll(/(?:src|href)="\/widget\/([^"]+)"/g)].map((m) => m[1]);
const entries = { 'page /widget/': ['index.html', ...linked], 'embed.js': ['embed.js'] };
let failed = false;
for (const [what, files] of Object.entries(entries)) {
  const all = new Set(files.flatMap((f) => (f.endsWith('.js') ? [...closure(f)] : [f])));
  const bytes = [...all].reduce((sum, f) => sum + gzipSync(readFileSync(new URL(f, dist))).length, 0);
  const over = bytes > BUDGET;
  failed ||= over;
  console.log(
    `${what}: ${(bytes / 1024).toFixed(1)} KiB gzip in ${all.size} files (budget ${BUDGET / 1024})${over ? ' OVER' : ''}`,
  );
}
if (/<style|<script(?![^>]*\ssrc=)|\sstyle=/.test(html)) {
  console.log('index.html has inline script or style: a strict CSP forbids it');
  failed = true;
}
process.exit(failed ? 1 : 0);
