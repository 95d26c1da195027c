import { Button, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { reasonText, useDesk, useTexts } from '../view/use.ts';
import type { Consent } from './types.ts';
import { reasonOf, wordText } from './use.ts';

/** What the customer allows, for each purpose and channel. */
export function Consents({ id, consents }: { id: string; consents: readonly Consent[] }) {
  const desk = useDesk();
  const t = useTexts();
  const [problem, setProblem] = useState('');
  const tell = async (consent: Consent): Promise<boolean> => {
    try {
      await desk.book.change(id, { consents: [consent] });
      setProblem('');
      return true;
    } catch (error) {
      setProblem(reasonOf(error));
      return false;
    }
  };
  return (
    <>
      {consents.length === 0 && <p className="empty">{t('consentNone')}</p>}
      <ul className="consents">
        {consents.map((one) => (
          <Word key={`${one.purpose} ${one.channel}`} consent={one} onTell={tell} />
        ))}
      </ul>
      <h2>{t('consentAdd')}</h2>
      <NewWord onTell={tell} />
      {problem !== '' && <p role="alert">{t('fieldRefused', { reason: reasonText(t, problem) })}</p>}
    </>
  );
}

type Tell = (consent: Consent) => Promise<boolean>;

function Word({ consent, onTell }: { consent: Consent; onTell: Tell }) {
  const t = useTexts();
  const { purpose, channel, granted } = consent;
  const what = [wordText(t, 'purpose', purpose), channel && wordText(t, 'identity', channel)]
    .filter((part) => part !== '')
    .join(t('comma'));
  return (
    <li>
      <span className="grow">{what}</span>
      <span className="tag" data-granted={granted}>
        {granted ? '✓ ' : '✕ '}
        {t(granted ? 'consentGranted' : 'consentDenied')}
      </span>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={t(granted ? 'consentDeny' : 'consentAllow', { what })}
        onClick={() => void onTell({ purpose, channel, granted: !granted })}
      >
        {t(granted ? 'consentAddNo' : 'consentAddYes')}
      </Button>
    </li>
  );
}

function NewWord({ onTell }: { onTell: Tell }) {
  const t = useTexts();
  const form = useRef<HTMLFormElement>(null);
  const add = (granted: boolean) => async () => {
    if (!form.current?.reportValidity()) return;
    const values = new FormData(form.current);
    const text = (name: string) => String(values.get(name) ?? '').trim();
    if (await onTell({ purpose: text('purpose'), channel: text('channel'), granted })) form.current?.reset();
  };
  return (
    <form ref={form} className="identity-form" onSubmit={(event) => event.preventDefault()}>
      <TextInput
        name="purpose"
        label={t('consentPurpose')}
        size="xs"
        required
        maxLength={32}
        pattern="[a-z0-9_]+"
        list="consent-purposes"
      />
      <datalist id="consent-purposes">
        {(['marketing', 'analysis', 'recording'] as const).map((purpose) => (
          <option key={purpose} value={purpose}>
            {t(`purpose_${purpose}`)}
          </option>
        ))}
      </datalist>
      <TextInput name="channel" label={t('consentChannel')} size="xs" maxLength={32} pattern="[a-z0-9_]*" />
      <span className="row">
        <Button size="compact-xs" onClick={() => void add(true)()}>
          {t('consentAddYes')}
        </Button>
        <Button size="compact-xs" variant="default" onClick={() => void add(false)()}>
          {t('consentAddNo')}
        </Button>
      </span>
    </form>
  );
}
