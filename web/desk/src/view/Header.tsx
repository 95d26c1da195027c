import { type AgentState, type Availability, duration, type Status, type Translate } from '@madoguchi/shared';
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import type { ReactNode } from 'react';
import { type Page, usedCapacity, type View } from '../store/view.ts';
import { AWAY_REASONS, type Text } from '../texts.ts';
import { ChatIcon, DownIcon, SearchIcon } from './icons.tsx';
import { LanguageButton, ThemeButton } from './Preferences.tsx';
import { useUi } from './ui.ts';
import { useDesk, useNow, useReasons, useTexts, useView } from './use.ts';

/** Pages of the signed-in person. */
export function pagesOf(view: View): Page[] {
  return view.account?.role === 'supervisor'
    ? ['desk', 'floor', 'calls', 'cases', 'insight', 'admin']
    : ['desk', 'calls'];
}

export function Header() {
  const view = useView();
  const { agent, status } = view;
  const { dialog, open } = useUi();
  const t = useTexts();
  return (
    <header className="header">
      <span className="brand">
        <ChatIcon />
        <span className="wide-only">{t('brand')}</span>
      </span>
      <Pages />
      {status && <SiteBadge status={status} t={t} />}
      <span className="grow" />
      {agent && <Load agent={agent} t={t} />}
      <StateMenu opened={dialog === 'state'} onChange={(opened) => open(opened ? 'state' : null)} />
      <span className="grow" />
      <span className="header-tools">
        <Tool label={t('search')} onClick={() => open('search')}>
          <SearchIcon />
        </Tool>
        <LanguageButton />
        <ThemeButton />
        <Tool label={t('shortcuts')} onClick={() => open('sheet')}>
          ?
        </Tool>
      </span>
      <AccountMenu />
    </header>
  );
}

function Tool({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon
        className="wide-only"
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function Pages() {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const pages = pagesOf(view);
  if (pages.length === 0) return null;
  return (
    <nav className="pages" aria-label={t('pages')}>
      {pages.map((page) => (
        <button
          key={page}
          type="button"
          aria-current={view.page === page ? 'page' : undefined}
          onClick={() => desk.show(page)}
        >
          {t(`page_${page}`)}
        </button>
      ))}
    </nav>
  );
}

/** Shape and words besides the colour: a filled circle is up, a triangle is not. */
function SiteBadge({ status, t }: { status: Status; t: Translate<Text> }) {
  const up = status.phase === 'live';
  const word = up ? 'linkUp' : status.liveSince === 0 ? 'linkFirst' : 'linkDown';
  return (
    <span className={up ? 'site up' : 'site down'}>
      <span aria-hidden="true">{up ? '●' : '▲'}</span>
      <span className="wide-only">{t('site')}</span> <strong>{status.site.name}</strong>
      <span className="wide-only">{t(word)}</span>
    </span>
  );
}

function Load({ agent, t }: { agent: AgentState; t: Translate<Text> }) {
  const used = usedCapacity(agent);
  return (
    <span
      className={used >= agent.limit ? 'load full' : 'load'}
      title={t('capacityLabel', { used, limit: agent.limit })}
    >
      <span className="load-bar" aria-hidden="true">
        {Array.from({ length: Math.max(agent.limit, used) }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the cells are alike and never move.
          <span key={i} data-used={i < used} />
        ))}
      </span>
      {t('capacity', { used, limit: agent.limit })}
    </span>
  );
}

export function awayReason(t: Translate<Text>, reason: string): string {
  if (reason === 'disconnected') return t('reasonDisconnected');
  if (reason === 'no_answer') return t('reasonNoAnswer');
  return reason in AWAY_REASONS ? t(AWAY_REASONS[reason as keyof typeof AWAY_REASONS]) : reason;
}

export const MARKS: Record<Availability, string> = {
  ready: '●',
  after_work: '◒',
  away: '◐',
  offline: '○',
};

function StateMenu({ opened, onChange }: { opened: boolean; onChange: (open: boolean) => void }) {
  const desk = useDesk();
  const { agent } = useView();
  const t = useTexts();
  const now = useNow();
  const availability = agent?.availability ?? 'offline';
  const reasons = useReasons();
  const named = reasons.find((one) => one.id === agent?.reason)?.name;
  const reason = agent?.reason ? `（${named ?? awayReason(t, agent.reason)}）` : '';
  return (
    <Menu opened={opened} onChange={onChange} returnFocus>
      <Menu.Target>
        <Button
          className={`state ${availability}`}
          variant="default"
          size="compact-md"
          disabled={agent === null}
          rightSection={<DownIcon />}
        >
          <span className="unseen">{t('stateMenu')}: </span>
          <span className="state-mark" aria-hidden="true">
            {MARKS[availability]}
          </span>
          {t(availability)}
          {availability === 'away' && reason}
          {agent && <Timer agent={agent} now={now} t={t} />}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => desk.setAvailability('ready')}>
          {MARKS.ready} {t('ready')}
        </Menu.Item>
        <Menu.Divider />
        {reasons.map(({ id, name }) => (
          <Menu.Item key={id} onClick={() => desk.setAvailability('away', id)}>
            {MARKS.away} {t('away')}: {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => desk.setAvailability('offline')}>
          {MARKS.offline} {t('offline')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Timer({ agent, now, t }: { agent: AgentState; now: number; t: Translate<Text> }) {
  const until = agent.availability === 'after_work' ? agent.after_work_until : undefined;
  // Somebody who never said anything has been so since no time that is known.
  if (!until && agent.since === 0) return null;
  return (
    <span className="timer">
      {until ? t('afterWorkLeft', { time: duration(until - now) }) : duration(now - agent.since)}
    </span>
  );
}

function AccountMenu() {
  const desk = useDesk();
  const { account } = useView();
  const { open } = useUi();
  const t = useTexts();
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          className="account"
          variant="subtle"
          color="gray"
          size="compact-md"
          rightSection={<DownIcon />}
        >
          <span className="clip">{account?.name || account?.login}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => open('settings')}>{t('preferences')}</Menu.Item>
        <Menu.Item onClick={() => open('devices')}>{t('devices')}</Menu.Item>
        <Menu.Item onClick={() => open('sheet')}>{t('shortcuts')}</Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={() => void desk.signOut()}>{t('signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
