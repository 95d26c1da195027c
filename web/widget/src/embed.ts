/**
 * For company pages: `<script type="module" src="https://site/widget/embed.js" data-queue="support"></script>`.
 * `data-site` names another site's address than the one the script came from.
 */
import { mount } from './mount.tsx';

const script = document.querySelector<HTMLScriptElement>('script[src*="/widget/embed"], script[data-queue]');
const url = script?.dataset.site ?? new URL(import.meta.url).origin;
const element = document.createElement('div');
document.body.append(element);
mount(element, {
  mode: 'embedded',
  home: { name: new URL(url).host, url },
  queue: script?.dataset.queue ?? 'support',
});
