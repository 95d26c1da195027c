import { Button, Modal } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../view/use.ts';
import { Fields } from './Fields.tsx';
import { agentFields } from './fieldsOf.ts';
import { capacitiesOf, type FloorStore } from './floorStore.ts';
import type { FloorAgent } from './types.ts';
import { useAct } from './useAct.ts';
import { useChannels } from './useChannels.ts';

interface AgentProps {
  agent: FloorAgent | null;
  store: FloorStore;
  onClose: () => void;
}

/** What an agent can do, how much at once, and for whom alone. */
export function AgentDialog({ agent, store, onClose }: AgentProps) {
  const t = useTexts();
  return (
    <Modal
      opened={agent !== null}
      onClose={onClose}
      title={t('agentTitle', { name: agent?.name || agent?.id || '' })}
      size="xl"
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      {agent && <Form agent={agent} store={store} onClose={onClose} />}
    </Modal>
  );
}

function Form({ agent, store, onClose }: AgentProps & { agent: FloorAgent }) {
  const t = useTexts();
  const act = useAct();
  const [value, setValue] = useState<FloorAgent>({ ...agent, capacities: capacitiesOf(agent) });
  return (
    <form
      className="dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void act(() => store.putAgent(value), 'saved').then((done) => done && onClose());
      }}
    >
      <Fields fields={agentFields(useChannels())} value={value} onChange={setValue} />
      <div className="row end">
        <Button variant="default" onClick={onClose}>
          {t('cancel')}
        </Button>
        <Button type="submit">{t('apply')}</Button>
      </div>
    </form>
  );
}
