import { Button, NativeSelect } from '@mantine/core';
import { useEffect, useState } from 'react';
import { reasonOf, wordText } from '../../../customer/use.ts';
import { useDesk, useTexts, useView } from '../../../view/use.ts';

/** Purposes that the desk knows by name; a consent may have others. */
const PURPOSES = ['marketing', 'analysis', 'recording'] as const;

interface Told {
  added: number;
  known: number;
  not_allowed: number;
  no_number: number;
}

/** People of a segment who allow calls: the center adds them, their numbers are not shown. */
export function ImportSegment({ id, added }: { id: string; added: () => void }) {
  const desk = useDesk();
  const t = useTexts();
  const { office, preferences } = useView();
  const [segment, setSegment] = useState('');
  const [purpose, setPurpose] = useState<string>('marketing');
  const [told, setTold] = useState<Told | null>(null);
  const [busy, setBusy] = useState(false);
  useEffect(() => void desk.office.load(['segments']), [desk]);
  const whose = segment || (office.segments.list[0]?.segment ?? '');
  if (whose === '') return null;
  const take = async () => {
    const path = `/api/v1/campaigns/${encodeURIComponent(id)}/members`;
    const sum: Told = { added: 0, known: 0, not_allowed: 0, no_number: 0 };
    let after = '';
    setBusy(true);
    try {
      do {
        const body = { segment: whose, purpose, after };
        const page = await desk.call<Told & { next: string }>({ method: 'POST', path, body });
        for (const key of Object.keys(sum) as (keyof Told)[]) sum[key] += page[key];
        setTold({ ...sum });
        after = page.next;
      } while (after !== '');
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
    setBusy(false);
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
          data={office.segments.list.map((one) => ({
            value: one.segment,
            label: one.name[preferences.language] || one.name.ja,
          }))}
          onChange={(event) => setSegment(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('segmentImportPurpose')}
          value={purpose}
          data={PURPOSES.map((word) => ({ value: word, label: wordText(t, 'purpose', word) }))}
          onChange={(event) => setPurpose(event.currentTarget.value)}
        />
        <div className="row end">
          <Button loading={busy} onClick={() => void take()}>
            {t('importDo')}
          </Button>
        </div>
        <div role="status">{told && <p>{t('segmentImportTold', { ...told })}</p>}</div>
      </div>
    </details>
  );
}
