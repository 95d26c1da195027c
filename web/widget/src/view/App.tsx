import { type Accents, accentsOf, textIn } from '@madoguchi/shared';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from '../session.ts';
import { ConnectionBanner } from './Banner.tsx';
import { ChatIcon, ShutIcon } from './icons.tsx';
import { StartForm } from './StartForm.tsx';
import { ThreadView } from './ThreadView.tsx';
import { useTexts, useView } from './use.ts';

/** Where the style sheet has the company's colours. */
const NAMES: Record<keyof Accents, string> = {
  accent: 'accent',
  deep: 'accent-deep',
  own: 'own',
  edge: 'own-line',
};

export interface AppProps {
  session: Session;
  mode: 'page' | 'embedded';
}

export function App({ session, mode }: AppProps) {
  const view = useView(session);
  const t = useTexts(view);
  const [open, setOpen] = useState(mode === 'page');
  const launcher = useRef<HTMLButtonElement>(null);
  useEffect(() => session.look(open && view.screen === 'thread'), [session, open, view.screen]);
  useEffect(() => {
    if (mode !== 'page') return;
    document.documentElement.lang = view.language;
    document.title = t('title');
  }, [mode, view.language, t]);
  const root = useRef<HTMLDivElement>(null);
  const color = view.theme?.color;
  useEffect(() => {
    const accents = color === undefined ? null : accentsOf(color);
    for (const [name, value] of Object.entries(accents ?? {}))
      root.current?.style.setProperty(`--${NAMES[name as keyof Accents]}`, value);
  }, [color]);
  const shut = () => {
    setOpen(false);
    launcher.current?.focus();
  };
  return (
    <div ref={root} class={`root ${mode}`} lang={view.language}>
      {mode === 'embedded' && (
        <button
          ref={launcher}
          type="button"
          class={open ? 'launcher hidden-on-phone' : 'launcher'}
          aria-expanded={open}
          aria-label={view.unread > 0 ? t('openUnread', { n: view.unread }) : t('open')}
          onClick={() => setOpen(!open)}
        >
          {open ? <ShutIcon /> : <ChatIcon />}
          {!open && view.unread > 0 && <span class="badge">{view.unread}</span>}
        </button>
      )}
      {open && <Panel session={session} mode={mode} shut={shut} />}
    </div>
  );
}

function Panel({ session, mode, shut }: AppProps & { shut: () => void }) {
  const view = useView(session);
  const t = useTexts(view);
  const onKeyDown = (event: KeyboardEvent) => {
    if (mode === 'embedded' && event.key === 'Escape' && !event.isComposing) shut();
  };
  return (
    <section class="panel" aria-label={t('title')} onKeyDown={onKeyDown}>
      <header class="head">
        {/^data:image\/(png|jpeg);base64,/.test(view.theme?.logo ?? '') ? (
          <img class="logo" src={view.theme?.logo} alt="" />
        ) : (
          <ChatIcon />
        )}
        <h1>{(view.theme && textIn(view.theme.company, view.language)) || t('title')}</h1>
        <button
          type="button"
          class="plain"
          lang={view.language === 'ja' ? 'en' : 'ja'}
          onClick={() => session.setLanguage(view.language === 'ja' ? 'en' : 'ja')}
        >
          {t('language')}
        </button>
        {mode === 'embedded' && (
          <button type="button" class="plain icon" aria-label={t('shut')} onClick={shut}>
            <ShutIcon />
          </button>
        )}
      </header>
      <ConnectionBanner status={view.status} t={t} links={mode === 'page'} />
      {view.screen === 'start' ? (
        <StartForm session={session} view={view} t={t} />
      ) : (
        <ThreadView session={session} view={view} t={t} />
      )}
    </section>
  );
}
