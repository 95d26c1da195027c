import { ActionIcon, Button, NativeSelect, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { Icon } from '../view/icons.tsx';
import { reasonText, useDesk, useTexts } from '../view/use.ts';
import { NumberButton } from '../voice/NumberButton.tsx';
import { FieldRow } from './FieldRow.tsx';
import { type Customer, FIELDS, IDENTITY_KINDS, type Identity, type IdentityKind } from './types.ts';
import { reasonOf, valueText } from './use.ts';

/** Kinds whose numbers are somebody's own: that one is named too. */
const NAMED: readonly IdentityKind[] = ['line', 'sns', 'ec', 'card'];

/** Fields and identities, each changed where it stands. */
export function Profile({ id, customer }: { id: string; customer: Customer }) {
  const t = useTexts();
  return (
    <>
      <dl>
        <dt>{t('recordKind')}</dt>
        <dd>
          <Kind id={id} kind={customer.kind} />
        </dd>
        {FIELDS.map((field) => (
          <FieldRow
            key={field}
            id={id}
            field={field}
            value={customer.fields[field] ?? ''}
            masked={customer.masked.includes(field)}
          />
        ))}
      </dl>
      <h2>{t('identities')}</h2>
      <Identities id={id} identities={customer.identities} />
    </>
  );
}

function Kind({ id, kind }: { id: string; kind: Customer['kind'] }) {
  const desk = useDesk();
  const t = useTexts();
  const change = async (to: Customer['kind']) => {
    try {
      await desk.book.change(id, { kind: to });
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
  };
  return (
    <NativeSelect
      aria-label={t('recordKind')}
      size="xs"
      value={kind}
      onChange={(event) => void change(event.currentTarget.value as Customer['kind'])}
      data={[
        { value: 'person', label: t('kindPerson') },
        { value: 'company', label: t('kindCompany') },
      ]}
    />
  );
}

function Identities({ id, identities }: { id: string; identities: readonly Identity[] }) {
  const desk = useDesk();
  const t = useTexts();
  const [adding, setAdding] = useState(false);
  const remove = async ({ kind, namespace, value }: Identity) => {
    try {
      await desk.book.change(id, { withdrawn: [{ kind, namespace, value }] });
    } catch (error) {
      desk.tell(reasonOf(error), false);
    }
  };
  return (
    <div className="identities">
      {identities.length === 0 && <p className="empty">{t('identityNone')}</p>}
      <ul>
        {identities.map((one) => (
          <li key={`${one.kind} ${one.namespace} ${one.value}`}>
            <span className="identity-kind">{t(`identity_${one.kind}`)}</span>
            <span className="grow">
              {one.kind === 'phone' ? <NumberButton number={one.value} /> : one.value}
              {one.namespace && <span className="hint"> {one.namespace}</span>}
              {one.verified && <span className="tag">{t('identityVerified')}</span>}
            </span>
            {one.kind !== 'center' && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size="sm"
                aria-label={t('identityRemove', { value: valueText(one) })}
                onClick={() => void remove(one)}
              >
                <Icon small d="M6 6l12 12M18 6L6 18" />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {adding ? (
        <NewIdentity id={id} onDone={() => setAdding(false)} />
      ) : (
        <Button size="compact-sm" variant="default" onClick={() => setAdding(true)}>
          {t('identityAdd')}
        </Button>
      )}
    </div>
  );
}

function NewIdentity({ id, onDone }: { id: string; onDone: () => void }) {
  const desk = useDesk();
  const t = useTexts();
  const [kind, setKind] = useState<IdentityKind>('phone');
  const [problem, setProblem] = useState('');
  const save = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    try {
      await desk.book.change(id, {
        identities: [{ kind, namespace: text('namespace'), value: text('value') }],
      });
      onDone();
    } catch (error) {
      setProblem(reasonOf(error));
    }
  };
  return (
    <form className="identity-form" onSubmit={(event) => void save(event)}>
      <NativeSelect
        label={t('identityKind')}
        size="xs"
        value={kind}
        onChange={(event) => setKind(event.currentTarget.value as IdentityKind)}
        data={IDENTITY_KINDS.map((one) => ({ value: one, label: t(`identity_${one}`) }))}
      />
      <TextInput name="value" label={t('identityValue')} size="xs" required maxLength={256} />
      {NAMED.includes(kind) && (
        <TextInput
          name="namespace"
          label={t('identityNamespace')}
          size="xs"
          maxLength={64}
          pattern="[a-z0-9._\-]*"
        />
      )}
      {problem !== '' && <p role="alert">{t('fieldRefused', { reason: reasonText(t, problem) })}</p>}
      <span className="row">
        <Button size="compact-xs" type="submit">
          {t('identityAdd')}
        </Button>
        <Button size="compact-xs" variant="default" onClick={onDone}>
          {t('cancel')}
        </Button>
      </span>
    </form>
  );
}
