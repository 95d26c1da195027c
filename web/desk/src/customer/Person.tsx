import { Button, Tabs } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Cases } from '../cases/Cases.tsx';
import { OrderList } from '../shop/OrderList.tsx';
import { useOrders } from '../shop/useOrders.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { Chooser } from './Chooser.tsx';
import { Consents } from './Consents.tsx';
import { CompanyLink, Contacts } from './Contacts.tsx';
import { Journey } from './Journey.tsx';
import { Merges } from './Merges.tsx';
import { Offers } from './Offers.tsx';
import { Profile } from './Profile.tsx';
import { ProspectForm } from './Prospect.tsx';
import { Timeline } from './Timeline.tsx';
import type { Known, Pop } from './types.ts';
import { nameText, phoneOf, useCustomer } from './use.ts';
import { Head } from './Who.tsx';
import { Worth } from './Worth.tsx';
import { WalkContext } from './walk.ts';

const PARTS = [
  'profile',
  'contacts',
  'timeline',
  'orders',
  'cases',
  'journey',
  'consents',
  'merges',
] as const;

interface Props {
  /** The customer, by any of their records. */
  id: string;
  /** What the channel told of them. */
  name?: string;
  phone?: string;
  /** The conversation's own part, the first one. */
  conversation?: ReactNode;
  /** The conversation's id; absent: the record is looked at without one. */
  talk?: string;
}

/** A customer; from a company to its contacts and back, each in place of the other. */
export function Person(props: Props) {
  const [walked, setWalked] = useState<readonly string[]>([]);
  const here = walked.at(-1);
  const from = useRef<HTMLElement | null>(null);
  const walk = (to: string) => {
    if (walked.length === 0) from.current = document.activeElement as HTMLElement | null;
    // Whoever walks on and on in a circle goes back the short way.
    const before = walked.indexOf(to);
    setWalked(to === props.id ? [] : before < 0 ? [...walked, to] : walked.slice(0, before + 1));
  };
  useEffect(() => {
    // Whoever is back stands where they left.
    if (here === undefined) from.current?.focus();
  }, [here]);
  return (
    <WalkContext value={walk}>
      {/* What is being written here outlives a look at another record. */}
      <div hidden={here !== undefined}>
        <Record {...props} />
      </div>
      {here !== undefined && (
        <>
          <Back key={here} to={walked.at(-2) ?? props.id} onBack={() => setWalked(walked.slice(0, -1))} />
          <Record key={`record ${here}`} id={here} />
        </>
      )}
    </WalkContext>
  );
}

/** The way back to the record that one came from. */
function Back({ to, onBack }: { to: string; onBack: () => void }) {
  const t = useTexts();
  const { known } = useCustomer(to);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => button.current?.focus(), []);
  return (
    <p className="walk-back">
      <Button ref={button} size="compact-sm" variant="default" onClick={onBack}>
        ← {t('walkBack', { name: known ? nameText(t, known.customer) : t('customer') })}
      </Button>
    </p>
  );
}

/** Who it is above, and the parts of what is known. */
function Record({ id, name = '', phone = '', conversation, talk = '' }: Props) {
  const t = useTexts();
  const pop = useCustomer(id);
  const { known } = pop;
  const orders = useOrders(id, known?.customer.touchpoints ?? 0);
  // A center without shops has no part for orders, a person no contacts.
  const has = (one: string) =>
    one === 'contacts'
      ? known?.customer.kind === 'company'
      : one !== 'orders' || orders.state === 'ready' || orders.state === 'failed';
  const [part, setPart] = useState<string | null>(conversation ? 'conversation' : 'profile');
  const [ordering, setOrdering] = useState(false);
  const turn = (next: string | null) => {
    setPart(next);
    if (next === 'orders') setOrdering(true);
  };
  const asked = useView().returning;
  const theirs = asked !== null && known?.customer.records.includes(asked.order.record) === true;
  const returning = theirs && asked.talk === talk ? asked : null;
  useEffect(() => {
    if (returning === null) return;
    setPart('orders');
    setOrdering(true);
  }, [returning]);
  if (pop.state === 'missing') return conversation;
  return (
    <div className="person">
      <Top id={id} pop={pop} name={name} phone={phone} />
      {known && <Offers id={id} offers={known.offers} talk={talk} />}
      <Tabs value={part} onChange={turn} keepMounted={false}>
        <Tabs.List aria-label={t('tabs')}>
          {conversation !== undefined && <Tabs.Tab value="conversation">{t('tab_conversation')}</Tabs.Tab>}
          {known &&
            PARTS.filter(has).map((one) => (
              <Tabs.Tab key={one} value={one}>
                {t(`tab_${one}`)}
              </Tabs.Tab>
            ))}
        </Tabs.List>
        {conversation !== undefined && <Tabs.Panel value="conversation">{conversation}</Tabs.Panel>}
        {known && <Parts id={id} known={known} talk={talk} />}
        {known && has('orders') && (
          // What is being written to a shop outlives a look at another part.
          <Tabs.Panel value="orders" keepMounted={ordering}>
            <OrderList customer={known.customer} shopping={orders} talk={talk} returning={returning} />
          </Tabs.Panel>
        )}
      </Tabs>
    </div>
  );
}

function Parts({ id, known: { customer, figures }, talk }: { id: string; known: Known; talk: string }) {
  const version = customer.touchpoints;
  return (
    <>
      <Tabs.Panel value="contacts">
        <Contacts id={id} />
      </Tabs.Panel>
      <Tabs.Panel value="profile">
        <Profile key={customer.records.join(' ')} id={id} customer={customer} />
        <Worth figures={figures} />
      </Tabs.Panel>
      <Tabs.Panel value="timeline">
        <Timeline id={id} version={version} />
      </Tabs.Panel>
      <Tabs.Panel value="cases">
        <Cases records={customer.records} conversation={talk} />
      </Tabs.Panel>
      <Tabs.Panel value="journey">
        <Journey id={id} version={version} />
      </Tabs.Panel>
      <Tabs.Panel value="consents">
        <Consents id={id} consents={customer.consents} />
      </Tabs.Panel>
      <Tabs.Panel value="merges">
        <Merges id={id} customer={customer} />
      </Tabs.Panel>
    </>
  );
}

interface TopProps {
  id: string;
  pop: Pop;
  name: string;
  phone: string;
}

function Top({ id, pop: { state, known }, name, phone }: TopProps) {
  const desk = useDesk();
  const t = useTexts();
  const unnamed = known?.customer.thin === true || state === 'unknown';
  const matches = known?.customer.thin ? known.matches : [];
  const company = known?.customer.fields.company_id;
  return (
    <div className="person-top">
      {known && <Head customer={known.customer} />}
      {company && (
        <p>
          <span className="hint">{t('field_company_id')}</span> <CompanyLink id={company} />
        </p>
      )}
      {state === 'loading' && <p className="hint">{t('whoLoading')}</p>}
      {state === 'failed' && (
        <p className="hint">
          {t('whoFailed')}{' '}
          <Button size="compact-xs" variant="default" onClick={() => void desk.book.again(id)}>
            {t('retry')}
          </Button>
        </p>
      )}
      {matches.length > 0 && <Chooser id={id} matches={matches} />}
      {unnamed && (
        <NewProspect
          id={id}
          name={name}
          phone={phoneOf(known?.customer) || phone}
          known={matches.length > 0}
        />
      )}
    </div>
  );
}

interface NewProps {
  id: string;
  name: string;
  phone: string;
  /** Others have the same contact: nobody says that this one is new. */
  known: boolean;
}

function NewProspect({ id, name, phone, known }: NewProps) {
  const t = useTexts();
  const [opened, setOpened] = useState(false);
  if (!opened)
    return (
      <p className="who-new">
        {!known && <span className="tag">{t('whoNew')}</span>}
        <Button size="compact-sm" variant="default" onClick={() => setOpened(true)}>
          {t('prospectOpen')}
        </Button>
      </p>
    );
  return (
    <section aria-label={t('prospectTitle')}>
      <h2>{t('prospectTitle')}</h2>
      <ProspectForm record={id} name={name} phone={phone} onDone={() => setOpened(false)} />
    </section>
  );
}
