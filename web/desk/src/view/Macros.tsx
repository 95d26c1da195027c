import { fold, type Translate } from '@madoguchi/shared';
import { Alert, Modal } from '@mantine/core';
import { useState } from 'react';
import { macroTitle, type Step } from '../core/macro.ts';
import { type MacroProblem, runMacro } from '../store/macros.ts';
import type { Text } from '../texts.ts';
import { LoadedNote } from './LoadedNote.tsx';
import { Picker } from './Picker.tsx';
import { useUi } from './ui.ts';
import { useDesk, useTexts, useView } from './use.ts';

const stepText = (t: Translate<Text>, step: Step): string => {
  const what = step.text ?? step.tag ?? step.queue ?? '';
  return `${t(`do_${step.do}` as Text)}${what === '' ? '' : `「${what.replace(/\s+/g, ' ')}」`}`;
};

/** Chooses a macro; what it will do stands below its name. */
export function MacroDialog() {
  const { dialog, open } = useUi();
  const t = useTexts();
  return (
    <Modal
      opened={dialog === 'macros'}
      onClose={() => open(null)}
      title={t('macros')}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      <Choose />
    </Modal>
  );
}

function Choose() {
  const desk = useDesk();
  const { office, preferences } = useView();
  const { open } = useUi();
  const t = useTexts();
  const [problem, setProblem] = useState<MacroProblem | null>(null);
  const { macros } = office;
  const titled = macros.list.map((macro) => ({ macro, title: macroTitle(macro, preferences.language) }));
  return (
    <>
      {problem && (
        <Alert color="red" role="alert">
          {'open' in problem ? t('macroOpen', { variables: problem.open.join(' ') }) : t('macroUnknown')}
        </Alert>
      )}
      <Picker
        label={t('macroSearch')}
        search={(query) =>
          titled
            .filter(({ title }) => fold(title).includes(fold(query)))
            .map(({ macro, title }) => ({
              id: macro.id,
              label: title,
              detail: macro.steps.map((step) => stepText(t, step)).join(' → '),
            }))
        }
        onPick={(id) => {
          const macro = macros.list.find((one) => one.id === id);
          const refused = macro ? runMacro(desk, macro) : null;
          setProblem(refused);
          if (!refused) open(null);
        }}
        empty={<LoadedNote loaded={macros} />}
      />
    </>
  );
}
