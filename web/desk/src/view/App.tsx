import { useEffect, useState } from 'react';
import { Banner } from './Banner.tsx';
import { CustomerDrawer, CustomerPane } from './CustomerPane.tsx';
import { Header } from './Header.tsx';
import { Notices } from './Notices.tsx';
import { ShortcutSheet } from './ShortcutSheet.tsx';
import { SignIn } from './SignIn.tsx';
import { type Dialog, useShortcuts } from './shortcuts.ts';
import { ThreadPane } from './ThreadPane.tsx';
import { useTexts, useView } from './use.ts';
import { WorkList } from './WorkList.tsx';

export function App() {
  const view = useView();
  const t = useTexts();
  const { language } = view.preferences;
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const offers = view.agent?.offers.length ?? 0;
  useEffect(() => {
    document.title = offers > 0 ? `(${offers}) ${t('incoming')} – ${t('brand')}` : t('brand');
  }, [offers, t]);
  return view.account ? <Workplace /> : <SignIn />;
}

function Workplace() {
  const { selected } = useView();
  const [dialog, setDialog] = useState<Dialog>(null);
  useShortcuts(dialog, setDialog);
  const shut = () => setDialog(null);
  return (
    <div className="desk" data-open={selected !== null}>
      <Header dialog={dialog} setDialog={setDialog} />
      <Banner />
      <WorkList />
      <ThreadPane dialog={dialog} setDialog={setDialog} />
      <CustomerPane />
      <CustomerDrawer opened={dialog === 'customer'} onClose={shut} />
      <ShortcutSheet opened={dialog === 'sheet'} onClose={shut} />
      <Notices />
    </div>
  );
}
