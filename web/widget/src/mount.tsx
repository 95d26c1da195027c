import { type Language, languageOf, type Site } from '@madoguchi/shared';
import { render } from 'preact';
import { memory } from './memory.ts';
import { Session } from './session.ts';
import css from './style.css?inline';
import { App } from './view/App.tsx';

export interface MountSettings {
  /** Fills the page, or floats over it behind a launcher. */
  mode: 'page' | 'embedded';
  home: Site;
  queue: string;
}

/** What was chosen before, else the company page's own language; the full page goes by `?lang=` and the browser. */
function language(mode: MountSettings['mode']): Language {
  if (mode === 'embedded')
    return memory.language() ?? languageOf(document.documentElement.lang || navigator.language);
  const asked = new URLSearchParams(location.search).get('lang');
  return asked === null ? (memory.language() ?? languageOf(navigator.language)) : languageOf(asked);
}

/** Puts the widget into `element`, sealed off from the page's styles; nothing inline, so a strict CSP may hold. */
export function mount(element: HTMLElement, settings: MountSettings): void {
  const root = element.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  root.adoptedStyleSheets = [sheet];
  const session = new Session({
    home: settings.home,
    queue: settings.queue,
    language: language(settings.mode),
  });
  const code = new URLSearchParams(location.hash.slice(1)).get('resume');
  if (settings.mode === 'page' && code !== null) {
    // The link works once: it need not stay in the address.
    history.replaceState(null, '', location.pathname + location.search);
    void session.resume(code);
  }
  render(<App session={session} mode={settings.mode} />, root);
}
