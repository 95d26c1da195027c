import { clock, day } from '@madoguchi/shared';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import { listOf } from '../../store/office.ts';
import { agentName } from '../../store/view.ts';
import { useDesk, useTexts, useView } from '../../view/use.ts';
import { useAct } from '../useAct.ts';
import { FlowJson } from './FlowJson.tsx';
import { FlowNodes } from './FlowNodes.tsx';
import type { Opened } from './FlowsPart.tsx';
import { FlowTry } from './FlowTry.tsx';
import { draftOf, type Finding, type Flow, flowOf, inOrder } from './flow.ts';

const VIEWS = ['nodes', 'json', 'try'] as const;
type FlowView = (typeof VIEWS)[number];

interface EditorProps {
  opened: Opened;
  saved: (id: string) => Promise<void>;
}

/** One flow: its head, its nodes or its JSON, what is wrong with it, and a made-up call through it. */
export function FlowEditor({ opened, saved }: EditorProps) {
  const t = useTexts();
  const [draft, setDraft] = useState(() => draftOf(opened.flow));
  const [findings, setFindings] = useState<readonly Finding[] | null>(null);
  const [view, setView] = useState<FlowView>('nodes');
  const flow = flowOf(draft);
  const change = (next: Flow) => {
    setDraft(next);
    setFindings(null);
  };
  const { check, save } = useCenter(flow, opened.flow.version ?? 0, setFindings, saved);
  return (
    <div className="card flow">
      <Head draft={draft} flow={flow} opened={opened} change={change} />
      <div className="row wraps">
        <fieldset className="flow-views" aria-label={t('flowViews')}>
          {VIEWS.map((one) => (
            <button key={one} type="button" aria-pressed={view === one} onClick={() => setView(one)}>
              {t(`flowView_${one}`)}
            </button>
          ))}
        </fieldset>
        <span className="grow" />
        <Button variant="default" onClick={() => void check()}>
          {t('flowCheck')}
        </Button>
        <Button onClick={() => void save()}>{t('flowSave')}</Button>
      </div>
      <Findings findings={findings} />
      {view === 'nodes' && <FlowNodes draft={draft} findings={findings ?? []} change={change} />}
      {view === 'json' && <FlowJson flow={flow} change={(next) => change(draftOf(next))} />}
      {view === 'try' && <FlowTry flow={flow} />}
    </div>
  );
}

/** Checking and saving; what has errors is not saved, nor what somebody else has changed since it was opened. */
function useCenter(
  flow: Flow,
  newest: number,
  setFindings: (found: readonly Finding[]) => void,
  saved: (id: string) => Promise<void>,
) {
  const desk = useDesk();
  const act = useAct();
  const check = async (): Promise<boolean> => {
    let fine = false;
    const path = '/api/v1/flows/check';
    await desk.call({ method: 'POST', path, body: flow }).then(
      (answer) => {
        const found = listOf<Finding>(answer);
        setFindings(found);
        fine = found.every((one) => one.severity !== 'error');
      },
      () => desk.tell('unreachable', false),
    );
    return fine;
  };
  const save = async () => {
    if (!(await check())) return;
    const path = `/api/v1/flows/${encodeURIComponent(flow.id)}?version=${newest}`;
    if (await act(() => desk.call({ method: 'PUT', path, body: flow }), 'saved')) await saved(flow.id);
  };
  return { check, save };
}

interface HeadProps {
  draft: Flow;
  flow: Flow;
  opened: Opened;
  change: (draft: Flow) => void;
}

function Head({ draft, flow, opened, change }: HeadProps) {
  const t = useTexts();
  return (
    <div className="flow-head">
      <TextInput label={t('id')} value={draft.id} disabled />
      <TextInput
        label={t('flowName')}
        value={draft.name ?? ''}
        onChange={(event) => change({ ...draft, name: event.currentTarget.value })}
      />
      <NativeSelect
        label={t('flowLanguage')}
        value={draft.language}
        data={[
          { value: 'ja', label: t('languageJa') },
          { value: 'en', label: t('languageEn') },
        ]}
        onChange={(event) => change({ ...draft, language: event.currentTarget.value === 'en' ? 'en' : 'ja' })}
      />
      <NativeSelect
        label={t('flowStart')}
        value={draft.start}
        data={inOrder(flow)}
        onChange={(event) => change({ ...draft, start: event.currentTarget.value })}
      />
      <Versions draft={draft} opened={opened} change={change} />
    </div>
  );
}

/** An earlier version can be looked at, tried, and made the newest one again by saving it. */
function Versions({ draft, opened, change }: Omit<HeadProps, 'flow'>) {
  const view = useView();
  const t = useTexts();
  const { language } = view.preferences;
  const newest = opened.flow.version ?? 0;
  const data = [...opened.versions]
    .sort((a, b) => b.version - a.version)
    .map(({ version, at, changed_by: by }) => ({
      value: String(version),
      label: t('flowVersionOf', {
        n: version,
        time: `${day(at, language)} ${clock(at, language)}`,
        by: agentName(view, by),
      }),
    }));
  if (data.length === 0)
    return <TextInput label={t('flowVersion')} value={newest || t('flowDraft')} disabled />;
  const old = (draft.version ?? 0) < newest;
  return (
    <>
      <NativeSelect
        className="flow-version"
        label={t('flowVersion')}
        value={String(draft.version)}
        data={data}
        onChange={(event) => {
          const chosen = opened.versions.find((one) => String(one.version) === event.currentTarget.value);
          if (chosen) change(draftOf({ ...chosen.flow, version: chosen.version }));
        }}
      />
      {old && (
        <p className="flow-old" role="status">
          {t('flowOld')}
        </p>
      )}
    </>
  );
}

function Findings({ findings }: { findings: readonly Finding[] | null }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const whole = findings?.filter((one) => !one.node) ?? [];
  const errors = findings?.filter((one) => one.severity === 'error').length ?? 0;
  return (
    <div role="status">
      {findings?.length === 0 && <p className="flow-clean">✓ {t('flowClean')}</p>}
      {errors > 0 && <p className="flow-errors">▲ {t('flowErrors', { n: errors })}</p>}
      {whole.length > 0 && (
        <ul className="findings" aria-label={t('flowFindings')}>
          {whole.map((one) => (
            <li key={`${one.code} ${one.en}`} data-severity={one.severity}>
              {t(`finding_${one.severity}`)}: {one[language]}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
