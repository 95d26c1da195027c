import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useDesk, useTexts, useView } from '../../view/use.ts';
import { Fields } from '../Fields.tsx';
import { CALENDARS } from '../resources.ts';
import {
  draftOf,
  type Finding,
  type Flow,
  flowOf,
  freshNode,
  inOrder,
  isId,
  KINDS,
  type Kind,
  leadsOf,
  type Node,
  renamed,
  toForm,
  withNode,
} from './flow.ts';
import { type Known, nodeFields } from './flowFields.ts';

interface NodesProps {
  draft: Flow;
  findings: readonly Finding[];
  change: (draft: Flow) => void;
}

/** The nodes in the order in which callers come by, each a form that opens, with what is wrong beside it. */
export function FlowNodes({ draft, findings, change }: NodesProps) {
  const flow = flowOf(draft);
  const order = inOrder(flow);
  const known = useKnown(order);
  return (
    <>
      <ol className="nodes">
        {order.map((id) => {
          const node = draft.nodes[id];
          return (
            node && (
              <NodeForm
                key={id}
                id={id}
                node={node}
                flow={flow}
                known={known}
                findings={findings.filter((one) => one.node === id)}
                onChange={(next) => change(withNode(draft, id, next))}
                rename={(to) => change(draftOf(renamed(flow, id, to)))}
              />
            )
          );
        })}
      </ol>
      <AddNode taken={order} add={(id, kind) => change(withNode(draft, id, toForm(freshNode(kind))))} />
    </>
  );
}

/** What nodes may name: other nodes, queues, calendars, and the center's words for things. */
function useKnown(nodes: readonly string[]): Known {
  const desk = useDesk();
  const { office } = useView();
  const t = useTexts();
  const [calendars, setCalendars] = useState<Known['calendars']>([]);
  useEffect(() => {
    CALENDARS.load((request) => desk.call(request)).then(
      (list) => setCalendars(list.map((one) => ({ value: one.id, label: one.name || one.id }))),
      () => {},
    );
  }, [desk]);
  return {
    nodes: nodes.map((id) => ({ value: id, label: id })),
    queues: office.queues.list.map((q) => ({ value: q.queue, label: q.name || q.queue })),
    calendars,
    languages: [
      { value: 'ja', label: t('languageJa') },
      { value: 'en', label: t('languageEn') },
    ],
    says: (['text', 'number', 'digits', 'date', 'time', 'money', 'name'] as const).map((value) => ({
      value,
      label: t(`say_${value}`),
    })),
    lookups: (['customer', 'order'] as const).map((value) => ({ value, label: t(`look_${value}`) })),
  };
}

interface FormProps {
  id: string;
  node: Node;
  flow: Flow;
  known: Known;
  findings: readonly Finding[];
  onChange: (node: Node | null) => void;
  rename: (to: string) => void;
}

function NodeForm({ id, node, flow, known, findings, onChange, rename }: FormProps) {
  const t = useTexts();
  const { language } = useView().preferences;
  const to = leadsOf(flow.nodes[id] ?? node);
  const first = flow.start === id;
  const worst = findings.some((one) => one.severity === 'error') ? 'error' : findings[0]?.severity;
  return (
    <li className="node" data-severity={worst}>
      <details>
        <summary>
          <strong>{id}</strong> <span className="tag">{t(`kind_${node.kind}`)}</span>
          {first && <span className="tag">{t('nodeFirst')}</span>}
          {to.length > 0 && <span className="hint"> {t('nodeLeads', { to: to.join(t('comma')) })}</span>}
        </summary>
        <div className="node-form">
          <Rename id={id} taken={Object.keys(flow.nodes)} rename={rename} />
          <Fields fields={nodeFields(node.kind, known)} value={node} onChange={onChange} />
          <div className="row end">
            <Button variant="default" size="compact-md" disabled={first} onClick={() => onChange(null)}>
              {t('nodeRemove')}
            </Button>
          </div>
        </div>
      </details>
      {findings.length > 0 && (
        <ul className="findings">
          {findings.map((one) => (
            <li key={`${one.code} ${one.en}`} data-severity={one.severity}>
              <span aria-hidden="true">{one.severity === 'error' ? '▲' : '△'}</span>{' '}
              {t(`finding_${one.severity}`)}: {one[language]}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

/** The name changes when the focus leaves, so that no half-typed name is led to. */
function Rename({
  id,
  taken,
  rename,
}: {
  id: string;
  taken: readonly string[];
  rename: (to: string) => void;
}) {
  const t = useTexts();
  const [name, setName] = useState(id);
  const problem =
    name === id ? null : !isId(name) ? 'nodeIdBad' : taken.includes(name) ? 'nodeIdTaken' : null;
  return (
    <TextInput
      label={t('nodeId')}
      value={name}
      error={problem ? t(problem) : undefined}
      onChange={(event) => setName(event.currentTarget.value)}
      onBlur={() => name !== id && problem === null && rename(name)}
    />
  );
}

function AddNode({ taken, add }: { taken: readonly string[]; add: (id: string, kind: Kind) => void }) {
  const t = useTexts();
  const [id, setId] = useState('');
  const [kind, setKind] = useState<Kind>('play');
  const problem = id === '' || isId(id) ? (taken.includes(id) ? 'nodeIdTaken' : null) : 'nodeIdBad';
  return (
    <form
      className="row node-add"
      onSubmit={(event) => {
        event.preventDefault();
        if (id === '' || problem !== null) return;
        add(id, kind);
        setId('');
      }}
    >
      <TextInput
        label={t('nodeId')}
        value={id}
        error={problem ? t(problem) : undefined}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('nodeKind')}
        value={kind}
        data={KINDS.map((one) => ({ value: one, label: t(`kind_${one}`) }))}
        onChange={(event) => setKind(event.currentTarget.value as Kind)}
      />
      <Button type="submit" variant="default" disabled={id === '' || problem !== null}>
        ＋ {t('nodeAdd')}
      </Button>
    </form>
  );
}
