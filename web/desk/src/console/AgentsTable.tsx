import { type Choice, duration } from '@madoguchi/shared';
import { Button, Checkbox, Menu } from '@mantine/core';
import { useState } from 'react';
import { awayReason, MARKS } from '../view/Header.tsx';
import { useReasons, useTexts } from '../view/use.ts';
import { AgentDialog } from './AgentDialog.tsx';
import type { FloorStore } from './floorStore.ts';
import { MoveDialog } from './MoveDialog.tsx';
import type { FloorAgent } from './types.ts';
import { useAct } from './useAct.ts';

interface AgentsProps {
  agents: readonly FloorAgent[];
  store: FloorStore;
  now: number;
}

const ORDER = { ready: 0, after_work: 1, away: 2, offline: 3 } as const;

export function AgentsTable({ agents, store, now }: AgentsProps) {
  const t = useTexts();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [moving, setMoving] = useState(false);
  const [edited, setEdited] = useState<FloorAgent | null>(null);
  const list = [...agents].sort((a, b) => ORDER[a.availability] - ORDER[b.availability] || a.since - b.since);
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <section className="card">
      <div className="row">
        <h2 className="grow">{t('agents')}</h2>
        {chosen.size > 0 && (
          <>
            <span className="hint">{t('chosenN', { n: chosen.size })}</span>
            <Button size="compact-sm" onClick={() => setMoving(true)}>
              {t('move')}
            </Button>
          </>
        )}
      </div>
      {list.length === 0 && <p className="empty">{t('noAgents')}</p>}
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">{t('chosenN', { n: chosen.size })}</span>
            </th>
            <th scope="col">{t('colAgent')}</th>
            <th scope="col">{t('colState')}</th>
            <th scope="col">{t('colSince')}</th>
            <th scope="col">{t('colLoad')}</th>
            <th scope="col">{t('colSkills')}</th>
            <th scope="col">{t('colDo')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map((agent) => (
            <Row
              key={agent.id}
              agent={agent}
              store={store}
              now={now}
              chosen={chosen.has(agent.id)}
              toggle={() => toggle(agent.id)}
              edit={() => setEdited(agent)}
            />
          ))}
        </tbody>
      </table>
      <MoveDialog
        agents={moving ? agents.filter((a) => chosen.has(a.id)) : []}
        store={store}
        onClose={() => setMoving(false)}
      />
      <AgentDialog agent={edited} store={store} onClose={() => setEdited(null)} />
    </section>
  );
}

interface RowProps {
  agent: FloorAgent;
  store: FloorStore;
  now: number;
  chosen: boolean;
  toggle: () => void;
  edit: () => void;
}

function Row({ agent, store, now, chosen, toggle, edit }: RowProps) {
  const t = useTexts();
  const reasons = useReasons();
  const name = agent.name || agent.id;
  const used = agent.holding.length + agent.offers.length;
  const limit = agent.capacities?.reduce((most, c) => Math.max(most, c.limit), 0) ?? agent.limit ?? 0;
  const reason = reasons.find((r) => r.id === agent.reason)?.name ?? awayReason(t, agent.reason);
  return (
    <tr data-off={agent.availability === 'offline'}>
      <td>
        <Checkbox size="xs" checked={chosen} onChange={toggle} aria-label={t('chooseAgent', { name })} />
      </td>
      <th scope="row">
        {name}
        {agent.unit && <span className="tag">{agent.unit}</span>}
      </th>
      <td>
        <span className={`state ${agent.availability}`}>
          <span className="state-mark" aria-hidden="true">
            {MARKS[agent.availability]}
          </span>
          {t(agent.availability)}
        </span>
        {agent.availability === 'away' && reason && <span className="hint">（{reason}）</span>}
      </td>
      <td className="number">{duration(now - agent.since)}</td>
      <td className={used > limit ? 'number late' : 'number'}>
        {used > limit && '▲ '}
        {used}/{limit}
      </td>
      <td className="skills">
        {agent.skills.map((skill) => (
          <span key={skill.name} className="tag">
            {skill.name} {skill.level}
          </span>
        ))}
      </td>
      <td className="acts">
        <Acts agent={agent} store={store} edit={edit} />
      </td>
    </tr>
  );
}

function Acts({ agent, store, edit }: { agent: FloorAgent; store: FloorStore; edit: () => void }) {
  const t = useTexts();
  const reasons = useReasons();
  const act = useAct();
  const name = agent.name || agent.id;
  const force = (availability: Choice, reason = '') =>
    act(() => store.force(agent.id, availability, reason), 'saved');
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button size="compact-sm" variant="default">
          <span className="unseen">{name}: </span>
          {t('force')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => force('ready')}>
          {MARKS.ready} {t('ready')}
        </Menu.Item>
        {reasons.map((reason) => (
          <Menu.Item key={reason.id} onClick={() => force('away', reason.id)}>
            {MARKS.away} {t('away')}: {reason.name}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => force('offline')}>
          {MARKS.offline} {t('offline')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item onClick={edit}>{t('editAgent')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
