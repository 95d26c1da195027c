import { Notification } from '@mantine/core';
import { reasonText, saidText, useDesk, useTexts, useView } from './use.ts';

export function Notices() {
  const desk = useDesk();
  const { notices } = useView();
  const t = useTexts();
  return (
    <div className="notices" aria-live="assertive">
      {notices.map(({ id, reason, good }) => (
        <Notification
          key={id}
          color={good ? 'teal' : 'red'}
          withBorder
          onClose={() => desk.dismiss(id)}
          closeButtonProps={{ 'aria-label': t('dismiss') }}
        >
          {good ? saidText(t, reason) : t('refused', { what: reasonText(t, reason) })}
        </Notification>
      ))}
    </div>
  );
}
