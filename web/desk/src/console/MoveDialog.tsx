import { Button, Modal, NumberInput, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { useTexts } from '../view/use.ts';
import type { FloorStore, Move } from './floorStore.ts';
import type { FloorAgent } from './types.ts';
import { useAct } from './useAct.ts';

interface MoveProps {
  /** Whom it is about; nobody: the dialog is shut. */
  agents: readonly FloorAgent[];
  store: FloorStore;
  onClose: () => void;
}

/** Moves several agents to other work: a unit, a skill given, a skill taken. */
export function MoveDialog({ agents, store, onClose }: MoveProps) {
  const t = useTexts();
  return (
    <Modal
      opened={agents.length > 0}
      onClose={onClose}
      title={t('moveTitle', { n: agents.length })}
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      {agents.length > 0 && <Form agents={agents} store={store} onClose={onClose} />}
    </Modal>
  );
}

function Form({ agents, store, onClose }: MoveProps) {
  const t = useTexts();
  const act = useAct();
  const unit = useRef<HTMLInputElement>(null);
  const add = useRef<HTMLInputElement>(null);
  const level = useRef<HTMLInputElement>(null);
  const remove = useRef<HTMLInputElement>(null);
  const textOf = (input: HTMLInputElement | null) => input?.value.trim() ?? '';
  const apply = async () => {
    const skill = textOf(add.current);
    const move: Move = {
      ...(textOf(unit.current) ? { unit: textOf(unit.current) } : {}),
      ...(skill ? { add: { name: skill, level: Number(level.current?.value) || 1 } } : {}),
      ...(textOf(remove.current) ? { remove: textOf(remove.current) } : {}),
    };
    if (await act(() => store.move(agents, move), 'saved')) onClose();
  };
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void apply();
      }}
    >
      <p>{agents.map((a) => a.name || a.id).join('、')}</p>
      <TextInput ref={unit} label={t('moveUnit')} data-autofocus />
      <div className="row fields">
        <TextInput ref={add} label={t('moveAdd')} />
        <NumberInput ref={level} label={t('moveLevel')} defaultValue={3} min={1} max={5} hideControls />
      </div>
      <TextInput ref={remove} label={t('moveRemove')} />
      <div className="row end">
        <Button variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button type="submit">{t('apply')}</Button>
      </div>
    </form>
  );
}
