import type { Thread } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useState } from 'react';
import { agentName, holds } from '../store/view.ts';
import { useDesk, useTexts, useView } from './use.ts';

/** While a colleague is asked: hand the conversation over to them, or go on alone. The customer sees nothing of it. */
export function Consultation({ thread }: { thread: Thread }) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const [over, setOver] = useState(0);
  const { consulted } = thread;
  if (consulted === null || consulted.number === over) return null;
  if (consulted.by !== view.account?.id || !holds(view, thread.conversation)) return null;
  const name = agentName(view, consulted.agent);
  return (
    <div className="consultation" role="status">
      <span className="grow">{t('consulting', { name })}</span>
      <Button
        size="compact-sm"
        onClick={() => desk.transfer(thread.conversation, thread.queue, consulted.agent, '')}
      >
        {t('consultHandOver')}
      </Button>
      <Button size="compact-sm" variant="default" onClick={() => setOver(consulted.number)}>
        {t('consultEnd')}
      </Button>
    </div>
  );
}
