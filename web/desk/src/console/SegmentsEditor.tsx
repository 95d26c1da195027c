import { useDesk, useTexts, useView } from '../view/use.ts';
import { RecordEditor } from './RecordEditor.tsx';
import { offerFields, segmentFields } from './segmentFields.ts';
import { OFFERS, SEGMENT_RULES } from './segments.ts';

/** Which customers belong together. */
export function SegmentsEditor() {
  const desk = useDesk();
  const t = useTexts();
  return (
    <>
      <p className="hint">{t('segmentsHint')}</p>
      <RecordEditor
        resource={SEGMENT_RULES}
        fields={segmentFields(t)}
        tagOf={(form) => form.segment}
        onChange={() => void desk.office.load(['segments'])}
      />
    </>
  );
}

/** What agents propose, and to whom. */
export function OffersEditor() {
  const t = useTexts();
  const { office, preferences } = useView();
  const segments = office.segments.list.map((one) => ({
    value: one.segment,
    label: one.name[preferences.language] || one.name.ja,
  }));
  return (
    <>
      <p className="hint">{t('offersHint')}</p>
      <RecordEditor resource={OFFERS} fields={offerFields(t, segments)} tagOf={(form) => form.segment} />
    </>
  );
}
