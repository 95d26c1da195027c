import { Notification } from '@mantine/core';
import { reasonText, useDesk, useTexts, useView } from './use.ts';

export function Notices() {
  const desk = useDesk();
  const { notices } = useView();
  const t = useTexts();
  return (
    <div className="notices" aria-live="assertive">
      {notices.map(({ id, reason }) => (
        <Notification
          key={id}
          color="red"
          withBorder
          onClose={() => desk.dismiss(id)}
          closeButtonProps={{ 'aria-label': t('dismiss') }}
        >
          {t('refused', { what: reasonText(t, reason) })}
        </Notification>
      ))}
    </div>
  );
}
