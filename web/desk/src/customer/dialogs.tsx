import { Modal } from '@mantine/core';
import { Boundary } from '../view/Boundary.tsx';
import { useUi } from '../view/ui.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { Person } from './Person.tsx';
import { ProspectForm } from './Prospect.tsx';

/** A customer's record without a conversation, and somebody new. */
export function CustomerDialogs() {
  const desk = useDesk();
  const { person, returning } = useView();
  const { dialog, open } = useUi();
  const t = useTexts();
  const asked = returning?.elsewhere && returning.order.record === person ? returning : null;
  const close = () => {
    open(null);
    if (asked) desk.giveBack(null);
  };
  const common = { onClose: close, closeButtonProps: { 'aria-label': t('dismiss') }, size: 'lg' };
  return (
    <>
      <Modal opened={dialog === 'person' && person !== null} title={t('personTitle')} {...common}>
        {person !== null && (
          <Boundary key={person} fallback={<p className="hint">{t('whoFailed')}</p>}>
            <Person id={person} talk={asked?.talk ?? ''} />
          </Boundary>
        )}
      </Modal>
      <Modal opened={dialog === 'prospect'} title={t('prospectTitle')} {...common}>
        <ProspectForm
          onDone={(record) => {
            desk.meet(record);
            open('person');
          }}
        />
      </Modal>
    </>
  );
}
