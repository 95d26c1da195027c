import { clock, duration } from '@madoguchi/shared';
import { Button, Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import { waitText } from '../view/dialogs.tsx';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { conversationOf, type FloorStore } from './floorStore.ts';
import type { Floor, FloorContact, Why } from './types.ts';

interface ContactsProps {
  floor: Floor;
  store: FloorStore;
  queue: string | null;
  now: number;
}

const STATES = { waiting: '◷', offered: '◉', held: '●' } as const;

export function ContactsTable({ floor, store, queue, now }: ContactsProps) {
  const t = useTexts();
  const [asked, setAsked] = useState<FloorContact | null>(null);
  const list = floor.contacts.filter((contact) => queue === null || contact.queue === queue);
  return (
    <section className="card">
      <h2>
        {t('contacts')}
        {queue !== null && `：${floor.queues.find((q) => q.queue === queue)?.name || queue}`}
      </h2>
      {list.length === 0 && <p className="empty">{t('noContacts')}</p>}
      {list.length > 0 && (
        <table className="grid">
          <thead>
            <tr>
              <th scope="col">{t('colState')}</th>
              <th scope="col">{t('colQueue')}</th>
              <th scope="col">{t('colPlace')}</th>
              <th scope="col">{t('colWaited')}</th>
              <th scope="col">{t('colExpected')}</th>
              <th scope="col">{t('colAgent')}</th>
              <th scope="col">{t('colDo')}</th>
            </tr>
          </thead>
          <tbody>
            {list.map((contact) => (
              <Row
                key={contact.contact}
                contact={contact}
                floor={floor}
                now={now}
                ask={() => setAsked(contact)}
              />
            ))}
          </tbody>
        </table>
      )}
      <WhyDialog contact={asked} store={store} onClose={() => setAsked(null)} />
    </section>
  );
}

interface RowProps {
  contact: FloorContact;
  floor: Floor;
  now: number;
  ask: () => void;
}

function Row({ contact, floor, now, ask }: RowProps) {
  const desk = useDesk();
  const t = useTexts();
  const { language } = useView().preferences;
  const agent = floor.agents.find((a) => a.id === contact.agent)?.name || contact.agent;
  return (
    <tr>
      <td>
        <span aria-hidden="true">{STATES[contact.state]}</span> {t(`contact_${contact.state}`)}
      </td>
      <td>
        {floor.queues.find((q) => q.queue === contact.queue)?.name || contact.queue}
        {contact.segment && <span className="tag">{contact.segment}</span>}
        {contact.reason && <span className="tag">{contact.reason}</span>}
      </td>
      <td className="number">{contact.state === 'waiting' ? (contact.place ?? '—') : '—'}</td>
      <td className="number">{contact.state === 'held' ? '—' : duration(now - contact.enqueued)}</td>
      <td className="number">
        {contact.state === 'waiting' && contact.expected_wait_ms !== undefined
          ? waitText(t, contact.expected_wait_ms, language)
          : '—'}
      </td>
      <td>{agent || '—'}</td>
      <td className="acts">
        <Button size="compact-sm" variant="default" onClick={ask}>
          {t('why')}
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            desk.select(conversationOf(contact));
            desk.show('desk');
          }}
        >
          {t('readAlong')}
        </Button>
      </td>
    </tr>
  );
}

interface WhyProps {
  contact: FloorContact | null;
  store: FloorStore;
  onClose: () => void;
}

function WhyDialog({ contact, store, onClose }: WhyProps) {
  const t = useTexts();
  return (
    <Modal
      opened={contact !== null}
      onClose={onClose}
      title={t('whyTitle')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('dismiss') }}
    >
      {contact && <Answer contact={contact.contact} store={store} />}
    </Modal>
  );
}

function Answer({ contact, store }: { contact: string; store: FloorStore }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const [why, setWhy] = useState<Why | null | 'loading' | 'failed'>('loading');
  useEffect(() => {
    let current = true;
    store.why(contact).then(
      (answer) => current && setWhy(answer),
      () => current && setWhy('failed'),
    );
    return () => {
      current = false;
    };
  }, [store, contact]);
  if (why === 'loading') return <p className="empty">{t('loading')}</p>;
  if (why === 'failed') return <p className="empty">{t('notLoaded')}</p>;
  if (why === null) return <p className="empty">{t('whyNone')}</p>;
  return (
    <div className="why">
      <h3>{t('whyNow')}</h3>
      <p className="why-now">{why.now[language]}</p>
      <ol>
        {why.steps.map((step, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two steps may be alike; they never change places.
          <li key={i}>
            <time dateTime={new Date(step.at).toISOString()}>{clock(step.at, language)}</time>
            <span>{step[language]}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
