import { useCallback, useRef } from 'react';
import { PagesEnd } from '../view/PagesEnd.tsx';
import { useDesk, useTexts } from '../view/use.ts';
import { usePages } from '../view/usePages.ts';
import { pathOf } from './book.ts';
import { useCalled } from './called.ts';
import { Ago } from './Moment.tsx';
import type { Customer } from './types.ts';
import { nameText, useCustomer } from './use.ts';
import { useWalk } from './walk.ts';

const PAGE = 20;

const idOf = ({ customer }: Customer) => customer;

/** A company's contacts, a page at a time. */
function useContacts(id: string) {
  const desk = useDesk();
  const page = useCallback(
    async (after: string) => {
      const query = new URLSearchParams({ limit: String(PAGE), after });
      const path = pathOf(id, `/contacts?${query}`);
      const { contacts, next } = await desk.call<{ contacts: Customer[]; next: string }>({ path });
      return { items: contacts, next };
    },
    [desk, id],
  );
  return usePages(page, idOf);
}

/** Who belongs to a company, who was heard of last first; each opens in its place. */
export function Contacts({ id }: { id: string }) {
  const list = useRef<HTMLOListElement>(null);
  const [pages, further] = useContacts(id);
  return (
    <>
      <ol className="found" ref={list}>
        {pages.items.map((contact) => (
          <Contact key={contact.customer} contact={contact} />
        ))}
      </ol>
      <PagesEnd pages={pages} list={list} empty="contactsNone" more="contactsMore" onMore={further} />
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
