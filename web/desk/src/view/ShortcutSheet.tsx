import { Button, Kbd, Modal } from '@mantine/core';
import { useLayoutEffect, useState } from 'react';
import { type Action, type BindingProblem, type Bindings, bind, comboOf, keyOf } from '../core/keys.ts';
import { sendKeyOf } from '../store/view.ts';
import { ACTION_NAMES, ALL_ACTIONS } from './actions.ts';
import { useUi } from './ui.ts';
import { useDesk, useTexts, useView } from './use.ts';

export function ShortcutSheet() {
  const { dialog, open } = useUi();
  const t = useTexts();
  return (
    <Modal
      opened={dialog === 'sheet'}
      onClose={() => open(null)}
      title={t('shortcuts')}
      size="xl"
      closeButtonProps={{ 'aria-label': t('dismiss') }}
      closeOnEscape={false}
    >
      <Sheet />
    </Modal>
  );
}

interface Problem {
  problem: BindingProblem;
  by: Action | null;
}

/** While `action` waits for its new key, the next press is that key; Escape leaves it as it is. */
function useCapture(action: Action | null, done: (problem: Problem | null) => void, shut: () => void): void {
  const desk = useDesk();
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        return action === null ? shut() : done(null);
      }
      const combo = action === null ? null : comboOf(event);
      if (action === null || combo === null) return;
      event.preventDefault();
      event.stopPropagation();
      const result = bind(desk.view().preferences.keys, action, combo);
      if ('problem' in result) return done(result);
      desk.setPreferences({ keys: result.bindings });
      done(null);
    };
    window.addEventListener('keydown', onKeyDown, true);
    return () => window.removeEventListener('keydown', onKeyDown, true);
  }, [desk, action, done, shut]);
}

function Keys({ combo }: { combo: string }) {
  return (
    <span className="combo">
      {combo.split(/(?<=.)\+/).map((key) => (
        <Kbd key={key}>{key}</Kbd>
      ))}
    </span>
  );
}

function Sheet() {
  const desk = useDesk();
  const { preferences } = useView();
  const { open } = useUi();
  const t = useTexts();
  const [changing, setChanging] = useState<Action | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useCapture(
    changing,
    (found) => {
      setProblem(found);
      setChanging(null);
    },
    () => open(null),
  );
  const keys: Bindings = preferences.keys;
  const send = sendKeyOf(preferences) === 'enter' ? 'Enter' : 'Ctrl+Enter';
  return (
    <>
      <ul className="keys">
        {ALL_ACTIONS.map((action) => (
          <li key={action}>
            <span className="grow">{t(ACTION_NAMES[action])}</span>
            <button
              type="button"
              className="key-button"
              onClick={() => {
                setProblem(null);
                setChanging(action);
              }}
            >
              <span className="unseen">{t('keyChange', { what: t(ACTION_NAMES[action]) })}</span>
              {changing === action ? t('keyNew') : <Keys combo={keyOf(action, keys)} />}
            </button>
          </li>
        ))}
        <li>
          <span className="grow">{t('keyOpen')}</span>
          <Keys combo="Alt+1–9" />
        </li>
        <li>
          <span className="grow">{t('keySend')}</span>
          <Keys combo={send} />
        </li>
        <li>
          <span className="grow">{t('keyLeave')}</span>
          <Keys combo="Esc" />
        </li>
      </ul>
      <div className="row">
        <p className="hint grow" role="status">
          {problem
            ? problem.by
              ? t('keyTaken', { what: t(ACTION_NAMES[problem.by]) })
              : t('keyReserved')
            : t('keyNote')}
        </p>
        <Button
          variant="default"
          size="compact-md"
          disabled={Object.keys(keys).length === 0}
          onClick={() => desk.setPreferences({ keys: {} })}
        >
          {t('keyReset')}
        </Button>
      </div>
    </>
  );
}
