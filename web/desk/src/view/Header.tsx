import { type AgentState, type Availability, duration, type Status, type Translate } from '@madoguchi/shared';
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core';
import { sendKeyOf, usedCapacity } from '../store/view.ts';
import { AWAY_REASONS, type Text } from '../texts.ts';
import { ChatIcon, DownIcon } from './icons.tsx';
import { LanguageButton, ThemeButton } from './Preferences.tsx';
import type { Dialog } from './shortcuts.ts';
import { useDesk, useNow, useTexts, useView } from './use.ts';

interface HeaderProps {
  dialog: Dialog;
  setDialog: (dialog: Dialog) => void;
}

export function Header({ dialog, setDialog }: HeaderProps) {
  const { agent, status } = useView();
  const t = useTexts();
  return (
    <header className="header">
      <span className="brand">
        <ChatIcon />
        <span className="wide-only">{t('brand')}</span>
      </span>
      {status && <SiteBadge status={status} t={t} />}
      <span className="grow" />
      {agent && <Load agent={agent} t={t} />}
      <StateMenu opened={dialog === 'state'} onChange={(open) => setDialog(open ? 'state' : null)} />
      <span className="grow" />
      <span className="header-tools">
        <LanguageButton />
        <ThemeButton />
        <Tooltip label={t('shortcuts')}>
          <ActionIcon
            className="wide-only"
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('shortcuts')}
            onClick={() => setDialog('sheet')}
          >
            ?
          </ActionIcon>
        </Tooltip>
      </span>
      <AccountMenu />
    </header>
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

const MARKS: Record<Availability, string> = { ready: '●', away: '◐', offline: '○' };

function StateMenu({ opened, onChange }: { opened: boolean; onChange: (open: boolean) => void }) {
  const desk = useDesk();
  const { agent } = useView();
  const t = useTexts();
  const now = useNow();
  const availability = agent?.availability ?? 'offline';
  const reason = agent?.reason ? `（${awayReason(t, agent.reason)}）` : '';
  return (
    <Menu opened={opened} onChange={onChange} returnFocus>
      <Menu.Target>
        <Button
          className={`state ${availability}`}
          variant="default"
          size="compact-md"
          disabled={agent === null}
          rightSection={<DownIcon />}
          aria-label={`${t('stateMenu')}: ${t(availability)}${reason}`}
        >
          <span className="state-mark" aria-hidden="true">
            {MARKS[availability]}
          </span>
          {t(availability)}
          {availability === 'away' && reason}
          {agent && <span className="timer">{duration(now - agent.since)}</span>}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => desk.setAvailability('ready')}>
          {MARKS.ready} {t('ready')}
        </Menu.Item>
        <Menu.Divider />
        {Object.entries(AWAY_REASONS).map(([code, key]) => (
          <Menu.Item key={code} onClick={() => desk.setAvailability('away', code)}>
            {MARKS.away} {t('away')}: {t(key)}
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

function AccountMenu() {
  const desk = useDesk();
  const { account, preferences } = useView();
  const t = useTexts();
  const sendKey = sendKeyOf(preferences);
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
        <Menu.Label>{t('sendKey')}</Menu.Label>
        {(['enter', 'ctrlEnter'] as const).map((key) => (
          <Menu.Item
            key={key}
            role="menuitemradio"
            aria-checked={sendKey === key}
            onClick={() => desk.setPreferences({ sendKey: key })}
          >
            {sendKey === key ? '✓ ' : '　 '}
            {t(key === 'enter' ? 'sendKeyEnter' : 'sendKeyCtrl')}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => void desk.signOut()}>{t('signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
