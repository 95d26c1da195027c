import { useEffect, useRef, useState } from 'react';
import { MoreButton } from '../view/MoreButton.tsx';
import { useDesk, useTexts } from '../view/use.ts';
import { pathOf } from './book.ts';
import { useCalled } from './called.ts';
import { Ago } from './Moment.tsx';
import type { Customer } from './types.ts';
import { nameText, useCustomer } from './use.ts';
import { useWalk } from './walk.ts';

const PAGE = 20;

interface Loaded {
  state: 'loading' | 'ready' | 'failed';
  contacts: readonly Customer[];
  /** Where the next page begins; empty: that was all. */
  next: string;
}

const NOTHING: Loaded = { state: 'loading', contacts: [], next: '' };

/** A company's contacts, a page at a time. */
function useContacts(id: string): [Loaded, () => void] {
  const desk = useDesk();
  const [loaded, setLoaded] = useState(NOTHING);
  const current = useRef(0);
  const ask = (before: Loaded) => {
    const asked = ++current.current;
    const query = new URLSearchParams({ limit: String(PAGE), after: before.next });
    setLoaded({ ...before, state: 'loading' });
    desk.call<{ contacts: Customer[]; next: string }>({ path: pathOf(id, `/contacts?${query}`) }).then(
      ({ contacts, next }) => {
        if (asked !== current.current) return;
        // Who was heard of meanwhile is in two pages.
        const known = new Set(before.contacts.map((one) => one.customer));
        const fresh = contacts.filter((one) => !known.has(one.customer));
        setLoaded({ state: 'ready', contacts: [...before.contacts, ...fresh], next });
      },
      () => {
        if (asked === current.current) setLoaded({ ...before, state: 'failed' });
      },
    );
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: another company begins anew.
  useEffect(() => {
    ask(NOTHING);
    return () => {
      current.current += 1;
    };
  }, [desk, id]);
  return [loaded, () => ask(loaded)];
}

/** Who belongs to a company, who was heard of last first; each opens in its place. */
export function Contacts({ id }: { id: string }) {
  const t = useTexts();
  const list = useRef<HTMLOListElement>(null);
  const [{ state, contacts, next }, further] = useContacts(id);
  return (
    <>
      <ol className="found" ref={list}>
        {contacts.map((contact) => (
          <Contact key={contact.customer} contact={contact} />
        ))}
      </ol>
      <div aria-live="polite">
        {state === 'loading' && <p className="empty">{t('loading')}</p>}
        {state === 'ready' && contacts.length === 0 && <p className="empty">{t('contactsNone')}</p>}
        {state === 'failed' && <p className="empty">{t('notLoaded')}</p>}
      </div>
      {(next !== '' || state === 'failed') && (
        <MoreButton list={list} size="compact-sm" busy={state === 'loading'} onMore={further}>
          {t(state === 'failed' ? 'retry' : 'contactsMore')}
        </MoreButton>
      )}
    </>
  );
}

function Contact({ contact }: { contact: Customer }) {
  const t = useTexts();
  const called = useCalled();
  const walk = useWalk();
  const { department = '', post = '' } = contact.fields;
  const where = [department && called.department(department), post].filter((part) => part !== '');
  return (
    <li>
      <button
        type="button"
        className="item past"
        disabled={walk === null}
        onClick={() => walk?.(contact.customer)}
      >
        <span className="item-head">
          <strong className="clip">{nameText(t, contact)}</strong>
          {contact.last_at > 0 && <Ago at={contact.last_at} />}
        </span>
        {where.length > 0 && (
          <span className="item-text">
            <span className="clip">{where.join(t('comma'))}</span>
          </span>
        )}
      </button>
    </li>
  );
}

/** The company that a contact names: by its name, and the way to its record. */
export function CompanyLink({ id }: { id: string }) {
  const t = useTexts();
  const walk = useWalk();
  const { state, known } = useCustomer(id);
  if (!known)
    return (
      <span className="hint">{state === 'loading' ? t('whoLoading') : t('companyUnknown', { id })}</span>
    );
  const { name = '' } = known.customer.fields;
  const called = name || id;
  if (!walk) return <span>{called}</span>;
  return (
    <button
      type="button"
      className="link"
      title={t('walkOpen', { name: called })}
      onClick={() => walk(known.customer.customer)}
    >
      {called}
    </button>
  );
}
