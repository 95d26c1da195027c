import { useEffect, useState } from 'react';
import { listOf, type Named } from '../store/office.ts';
import type { Text } from '../texts.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { Changes } from './Changes.tsx';
import './console.css';
import {
  accountFields,
  CANNED_FIELDS,
  calendarFields,
  codeFields,
  macroFields,
  queueFields,
  REASON_FIELDS,
  themeFields,
} from './fieldsOf.ts';
import { PlansEditor } from './PlansEditor.tsx';
import { PrioritiesEditor } from './PrioritiesEditor.tsx';
import { RecordEditor } from './RecordEditor.tsx';
import { Retention } from './Retention.tsx';
import { ACCOUNTS, CALENDARS, CANNED, CODES, MACROS, QUEUES } from './resources.ts';
import { OffersEditor, SegmentsEditor } from './SegmentsEditor.tsx';
import { SingleEditor } from './SingleEditor.tsx';
import { useChannels } from './useChannels.ts';
import { Webhooks } from './Webhooks.tsx';
import { WordsEditor } from './WordsEditor.tsx';

const TABS = [
  'queues',
  'calendars',
  'accounts',
  'reasons',
  'priorities',
  'segments',
  'offers',
  'plans',
  'words',
  'canned',
  'macros',
  'codes',
  'webhooks',
  'retention',
  'theme',
  'changes',
] as const;
type Tab = (typeof TABS)[number];

/** What supervisors set up; every change is journaled by the center with who and when. */
export default function Admin() {
  const t = useTexts();
  const [tab, setTab] = useState<Tab>('queues');
  return (
    <div className="admin">
      <h1 className="unseen">{t('page_admin')}</h1>
      <nav className="admin-tabs" aria-label={t('adminTabs')}>
        {TABS.map((one) => (
          <button
            key={one}
            type="button"
            aria-current={tab === one ? 'page' : undefined}
            onClick={() => setTab(one)}
          >
            {t(`tab_${one}`)}
          </button>
        ))}
      </nav>
      <section aria-label={t(`tab_${tab}`)}>
        <Part key={tab} tab={tab} />
      </section>
    </div>
  );
}

type Option = { value: string; label: string };

/** Calendars that a queue may name; none where the center has none. */
function useCalendars(): Option[] {
  const desk = useDesk();
  const [options, setOptions] = useState<Option[]>([]);
  useEffect(() => {
    CALENDARS.load((request) => desk.call(request)).then(
      (list) => setOptions(list.map((c) => ({ value: c.id, label: c.name || c.id }))),
      () => {},
    );
  }, [desk]);
  return options;
}

function Part({ tab }: { tab: Tab }) {
  const desk = useDesk();
  const { office } = useView();
  const t = useTexts();
  const calendars = useCalendars();
  const channels = useChannels();
  const option = (value: string, key: Text): Option => ({ value, label: t(key) });
  const queues = office.queues.list.map((q) => ({ value: q.queue, label: q.name || q.queue }));
  const again = () => void desk.office.load();
  switch (tab) {
    case 'queues':
      return (
        <RecordEditor resource={QUEUES} fields={queueFields(calendars, queues, channels)} onChange={again} />
      );
    case 'calendars':
      return <Calendars />;
    case 'accounts':
      return <Accounts onChange={again} />;
    case 'canned':
      return (
        <RecordEditor resource={CANNED} fields={CANNED_FIELDS} tagOf={(c) => c.shortcut} onChange={again} />
      );
    case 'macros':
      return <Macros onChange={again} />;
    case 'codes':
      return <Codes onChange={again} />;
    case 'reasons':
      return (
        <SingleEditor
          path="/api/v1/reasons"
          fields={REASON_FIELDS}
          read={(answer) => ({ reasons: listOf<Named>(answer) })}
          write={(value) => value.reasons}
          onChange={again}
        />
      );
    case 'priorities':
      return <PrioritiesEditor />;
    case 'segments':
      return <SegmentsEditor />;
    case 'offers':
      return <OffersEditor />;
    case 'plans':
      return <PlansEditor />;
    case 'words':
      return <WordsEditor />;
    case 'webhooks':
      return <Webhooks />;
    case 'retention':
      return <Retention />;
    case 'theme':
      return (
        <SingleEditor<object>
          path="/api/v1/theme"
          fields={themeFields([option('text', 'kindText'), option('choice', 'kindChoice')], queues)}
          read={(answer) => answer as object}
          write={(value) => value}
        />
      );
    case 'changes':
      return <Changes />;
  }
}

function Accounts({ onChange }: { onChange: () => void }) {
  const t = useTexts();
  const roles = (['agent', 'supervisor'] as const).map((role) => ({ value: role, label: t(`role_${role}`) }));
  return (
    <RecordEditor
      resource={ACCOUNTS}
      fields={accountFields(roles)}
      tagOf={(account) => (account.disabled ? t('disabled') : t(`role_${account.role}` as Text))}
      removal={{ label: t('disableAccount'), ask: t('disableAsk') }}
      onChange={onChange}
    />
  );
}

function Macros({ onChange }: { onChange: () => void }) {
  const t = useTexts();
  const steps = (['reply', 'note', 'tag', 'close', 'transfer'] as const).map((s) => ({
    value: s,
    label: t(`do_${s}`),
  }));
  return <RecordEditor resource={MACROS} fields={macroFields(steps)} onChange={onChange} />;
}

function Calendars() {
  const t = useTexts();
  const option = (value: string, key: Text): Option => ({ value, label: t(key) });
  const days = (['1', '2', '3', '4', '5', '6', '7'] as const).map((n) => option(n, `day${n}`));
  const holidays = [option('jp', 'holidaysJp'), option('none', 'holidaysNone')];
  return <RecordEditor resource={CALENDARS} fields={calendarFields(days, holidays)} />;
}

function Codes({ onChange }: { onChange: () => void }) {
  const { office, preferences } = useView();
  const parents = office.codes.list
    .filter((code) => !code.parent)
    .map((code) => ({ value: code.id, label: code[preferences.language] || code.ja }));
  return <RecordEditor resource={CODES} fields={codeFields(parents)} onChange={onChange} />;
}
