import { Button, NativeSelect } from '@mantine/core';
import { useEffect, useState } from 'react';
import { wordText } from '../../../customer/use.ts';
import { useDesk, useTexts, useView } from '../../../view/use.ts';
import { useRun } from '../../useRun.ts';

/** Purposes that the desk knows by name; a consent may have others. */
const PURPOSES = ['marketing', 'analysis', 'recording'] as const;

const SUMS = ['added', 'known', 'not_allowed', 'no_number'] as const;

/** People of a segment who allow calls: the center adds them, their numbers are not shown. */
export function ImportSegment({ id, added }: { id: string; added: () => void }) {
  const desk = useDesk();
  const t = useTexts();
  const { office, preferences } = useView();
  const [segment, setSegment] = useState('');
  const [purpose, setPurpose] = useState<string>('marketing');
  const { state, told, begin, stop } = useRun(SUMS);
  const running = state === 'running';
  useEffect(() => void desk.office.load(['segments']), [desk]);
  const whose = segment || (office.segments.list[0]?.segment ?? '');
  if (whose === '') return null;
  const take = async () => {
    await begin(`/api/v1/campaigns/${encodeURIComponent(id)}/members`, { segment: whose, purpose });
    added();
  };
  return (
    <details className="card">
      <summary>{t('segmentImport')}</summary>
      <div className="dialog">
        <p className="hint">{t('segmentImportHint')}</p>
        <NativeSelect
          label={t('tab_segments')}
          value={whose}
          disabled={running}
          data={office.segments.list.map((one) => ({
            value: one.segment,
            label: one.name[preferences.language] || one.name.ja,
          }))}
          onChange={(event) => setSegment(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('segmentImportPurpose')}
          value={purpose}
          disabled={running}
          data={PURPOSES.map((word) => ({ value: word, label: wordText(t, 'purpose', word) }))}
          onChange={(event) => setPurpose(event.currentTarget.value)}
        />
        <div className="row end">
          <Button variant={running ? 'default' : 'filled'} onClick={() => (running ? stop() : void take())}>
            {t(running ? 'runStop' : 'importDo')}
          </Button>
        </div>
        <div role="status">
          {told && <p>{t('segmentImportTold', { ...told })}</p>}
          {state === 'done' && <p>{t('runDone')}</p>}
          {state === 'stopped' && <p>{t('runStopped')}</p>}
        </div>
      </div>
    </details>
  );
}
