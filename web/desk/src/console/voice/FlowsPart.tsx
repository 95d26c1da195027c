import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useDesk, useTexts, useView } from '../../view/use.ts';
import { FlowEditor } from './FlowEditor.tsx';
import { type Flow, freshFlow, isId } from './flow.ts';
import { PolledNote } from './PolledNote.tsx';
import { usePolled } from './usePolled.ts';

/** A flow as it is kept; `version` counts from 1. */
export interface Stored {
  id: string;
  version: number;
  at: number;
  changed_by: string;
  flow: Flow;
}

export interface Opened {
  flow: Flow;
  /** The stored form, and earlier ones where the center tells them; none of a new flow. */
  versions: readonly Stored[];
}

/** What callers hear: a list at the left, the chosen one at the right. */
export function FlowsPart() {
  const desk = useDesk();
  const t = useTexts();
  const polled = usePolled<Stored>('/api/v1/flows', 0);
  const [opened, setOpened] = useState<Opened | null>(null);
  const open = async (id: string) => {
    try {
      const path = `/api/v1/flows/${encodeURIComponent(id)}`;
      const { versions, ...stored } = await desk.call<Stored & { versions?: Stored[] }>({ path });
      setOpened({ flow: { ...stored.flow, version: stored.version }, versions: versions ?? [stored] });
    } catch {
      desk.tell('no_such_flow', false);
    }
  };
  const saved = async (id: string) => {
    polled.again();
    await open(id);
  };
  return (
    <div className="editor flows">
      <div className="card">
        <NewFlow
          taken={polled.list.map((flow) => flow.id)}
          begin={(id) => setOpened({ flow: freshFlow(id), versions: [] })}
        />
        <PolledNote polled={polled} empty="listEmpty" />
        <ul>
          {polled.list.map((flow) => (
            <li key={flow.id}>
              <button
                type="button"
                className="item"
                aria-current={opened?.flow.id === flow.id}
                onClick={() => void open(flow.id)}
              >
                <span className="item-head">
                  <span className="clip">{flow.flow.name || flow.id}</span>
                  <span className="tag">
                    {t('flowVersion')} {flow.version}
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {opened ? (
        <FlowEditor key={`${opened.flow.id} ${opened.flow.version}`} opened={opened} saved={saved} />
      ) : (
        <p className="empty">{t('choosePlease')}</p>
      )}
    </div>
  );
}

function NewFlow({ taken, begin }: { taken: readonly string[]; begin: (id: string) => void }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const [id, setId] = useState('');
  const fits = isId(id) && !taken.includes(id);
  return (
    <form
      className="new-flow"
      lang={language}
      onSubmit={(event) => {
        event.preventDefault();
        if (fits) begin(id);
        setId('');
      }}
    >
      <TextInput
        label={t('flowId')}
        value={id}
        error={id !== '' && !fits ? t(taken.includes(id) ? 'nodeIdTaken' : 'nodeIdBad') : undefined}
        onChange={(event) => setId(event.currentTarget.value)}
      />
      <Button type="submit" size="compact-md" variant="default" disabled={!fits}>
        ＋ {t('newFlow')}
      </Button>
    </form>
  );
}
