import { useState } from 'react';
import { useTexts, useView } from '../view/use.ts';
import { priorityFields } from './fieldsOf.ts';
import { type Priorities, prioritiesOf, reasonOptions, rowsOf } from './priorities.ts';
import { SingleEditor } from './SingleEditor.tsx';

/** Whose contacts come first: steps for customer segments and for reasons. */
export function PrioritiesEditor() {
  const t = useTexts();
  const { office, preferences } = useView();
  const [stored, setStored] = useState<Priorities>({});
  const offered = office.theme?.reasons ?? [];
  const known = offered.map((one) => ({ value: one.id, label: one[preferences.language] || one.ja }));
  return (
    <>
      <p className="hint">{t('priorityHint')}</p>
      <SingleEditor
        path="/api/v1/priorities"
        fields={priorityFields(reasonOptions(known, stored))}
        read={(answer) => {
          setStored(answer as Priorities);
          return rowsOf(answer as Priorities);
        }}
        write={prioritiesOf}
      />
    </>
  );
}
