import { Loader } from '@mantine/core';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { CustomerDialogs } from '../customer/dialogs.tsx';
import type { Page } from '../store/view.ts';
import { CallBar } from '../voice/CallBar.tsx';
import { CallDialogs } from '../voice/CallDialogs.tsx';
import { Banner } from './Banner.tsx';
import { CustomerDrawer, CustomerPane } from './CustomerPane.tsx';
import { Header } from './Header.tsx';
import { MacroDialog } from './Macros.tsx';
import { Notices } from './Notices.tsx';
import { Palette } from './Palette.tsx';
import { SearchDialog } from './SearchDialog.tsx';
import { SettingsDialog } from './Settings.tsx';
import { ShortcutSheet } from './ShortcutSheet.tsx';
import { SignIn } from './SignIn.tsx';
import { useShortcuts } from './shortcuts.ts';
import { ThreadPane } from './ThreadPane.tsx';
import { type Dialog, type Mode, UiContext } from './ui.ts';
import { useTexts, useView } from './use.ts';
import { WorkList } from './WorkList.tsx';
import { WrapDialog } from './WrapDialog.tsx';

// Agents never load what only supervisors see.
const Floor = lazy(() => import('../console/Floor.tsx'));
const Calls = lazy(() => import('../console/voice/Calls.tsx'));
const Cases = lazy(() => import('../cases/Board.tsx'));
const Insight = lazy(() => import('../console/insight/Insight.tsx'));
const Admin = lazy(() => import('../console/Admin.tsx'));

export function App() {
  const view = useView();
  const t = useTexts();
  const { language, density } = view.preferences;
  useEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dataset.density = density;
  }, [language, density]);
  const offers = view.agent?.offers.length ?? 0;
  useEffect(() => {
    document.title = offers > 0 ? `(${offers}) ${t('incoming')} – ${t('brand')}` : t('brand');
  }, [offers, t]);
  return view.account ? <Workplace /> : <SignIn />;
}

function Board({ page }: { page: Page }) {
  if (page === 'calls') return <Calls />;
  if (page === 'cases') return <Cases />;
  if (page === 'insight') return <Insight />;
  return page === 'floor' ? <Floor /> : <Admin />;
}

function Workplace() {
  const { selected, page } = useView();
  const [dialog, open] = useState<Dialog>(null);
  const [mode, setMode] = useState<Mode>('reply');
  const ui = useMemo(() => ({ dialog, open, mode, setMode }), [dialog, mode]);
  useShortcuts(ui);
  return (
    <UiContext value={ui}>
      <div className={page === 'desk' ? 'desk' : 'desk wide'} data-open={selected !== null}>
        <Header />
        <Banner />
        <CallBar />
        {page === 'desk' ? (
          <>
            <WorkList />
            <ThreadPane />
            <CustomerPane />
          </>
        ) : (
          <main className="board">
            <Suspense fallback={<Loader />}>
              <Board page={page} />
            </Suspense>
          </main>
        )}
        <CustomerDrawer opened={dialog === 'customer'} onClose={() => open(null)} />
        <WrapDialog />
        <MacroDialog />
        <Palette />
        <SearchDialog />
        <SettingsDialog />
        <ShortcutSheet />
        <CallDialogs />
        <CustomerDialogs />
        <Notices />
      </div>
    </UiContext>
  );
}
