import { useEffect, useRef, useState } from 'preact/hooks';
import type { Session } from '../session.ts';
import { ConnectionBanner } from './Banner.tsx';
import { ChatIcon, ShutIcon } from './icons.tsx';
import { StartForm } from './StartForm.tsx';
import { ThreadView } from './ThreadView.tsx';
import { useTexts, useView } from './use.ts';

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
  const shut = () => {
    setOpen(false);
    launcher.current?.focus();
  };
  return (
    <div class={`root ${mode}`} lang={view.language}>
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
        <ChatIcon />
        <h1>{t('title')}</h1>
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
