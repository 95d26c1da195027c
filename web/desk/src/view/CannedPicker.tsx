import { type Canned, rank, titleOf } from '../core/canned.ts';
import { LoadedNote } from './LoadedNote.tsx';
import { Picker } from './Picker.tsx';
import { useTexts, useView } from './use.ts';

/** Above the reply box: ready-made replies, best first. */
export function CannedPicker({ onPick, onClose }: { onPick: (canned: Canned) => void; onClose: () => void }) {
  const { office, preferences } = useView();
  const t = useTexts();
  const { language } = preferences;
  const { canned } = office;
  return (
    <div
      className="canned"
      role="dialog"
      aria-label={t('canned')}
      onBlur={(event) => {
        if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget)) onClose();
      }}
    >
      <Picker
        label={t('cannedSearch')}
        search={(query) =>
          rank(canned.list, query, language).map((one) => ({
            id: one.id,
            label: titleOf(one, language),
            hint: one.shortcut,
            detail: one.text.replace(/\s+/g, ' '),
          }))
        }
        onPick={(id) => {
          const chosen = canned.list.find((one) => one.id === id);
          if (chosen) onPick(chosen);
        }}
        onClose={onClose}
        empty={<LoadedNote loaded={canned} />}
      />
    </div>
  );
}
