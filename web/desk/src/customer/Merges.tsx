import { day } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { agentName } from '../store/view.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { pathOf } from './book.ts';
import type { Customer, Link, Suggestion } from './types.ts';
import { nameText, reasonOf, wordText } from './use.ts';

/** Which records are one customer and why; who may be the same; both can be changed and taken back. */
export function Merges({ id, customer }: { id: string; customer: Customer }) {
  const t = useTexts();
  return (
    <>
      <h2>{t('mergeLinks')}</h2>
      {customer.links.length === 0 && <p className="empty">{t('mergeNoLinks')}</p>}
      <ul className="merges">
        {customer.links.map((link) => (
          <Standing key={`${link.link} ${link.record_b}`} id={id} link={link} />
        ))}
      </ul>
      <h2>{t('mergeSuggested')}</h2>
      <Suggested key={customer.records.join(' ')} id={id} />
    </>
  );
}

/** Does it once; what was refused is told. */
function useDeed(): [boolean, (deed: () => Promise<void>) => Promise<void>] {
  const desk = useDesk();
  const [busy, setBusy] = useState(false);
  const run = async (deed: () => Promise<void>) => {
    setBusy(true);
    try {
      await deed();
    } catch (error) {
      desk.tell(reasonOf(error), false);
    } finally {
      setBusy(false);
    }
  };
  return [busy, run];
}

function Standing({ id, link }: { id: string; link: Link }) {
  const desk = useDesk();
  const view = useView();
  const t = useTexts();
  const [busy, run] = useDeed();
  const why = link.identity
    ? t('mergeByIdentity', { kind: t(`identity_${link.identity}`) })
    : t('mergeBy', { name: agentName(view, link.by) });
  return (
    <li>
      <span className="grow">
        <span className="code">
          {link.record_a} = {link.record_b}
        </span>
        <br />
        {why} <span className="hint">{link.at > 0 && day(link.at, view.preferences.language)}</span>
      </span>
      <Button
        size="compact-xs"
        variant="default"
        loading={busy}
        onClick={() => void run(() => desk.book.unlink(id, link.link, link.record_b))}
      >
        {t('mergeUndo')}
      </Button>
    </li>
  );
}

function Suggested({ id }: { id: string }) {
  const desk = useDesk();
  const t = useTexts();
  const [found, setFound] = useState<readonly Suggestion[] | 'loading' | 'failed'>('loading');
  useEffect(() => {
    let current = true;
    desk.call<{ suggestions: Suggestion[] }>({ path: pathOf(id, '/suggestions') }).then(
      ({ suggestions }) => current && setFound(suggestions),
      () => current && setFound('failed'),
    );
    return () => {
      current = false;
    };
  }, [desk, id]);
  if (found === 'loading' || found === 'failed')
    return <p className="empty">{t(found === 'loading' ? 'loading' : 'notLoaded')}</p>;
  if (found.length === 0) return <p className="empty">{t('mergeNoSuggestions')}</p>;
  return (
    <ul className="merges">
      {found.map((suggestion) => (
        <Likely key={suggestion.other.customer} id={id} suggestion={suggestion} />
      ))}
    </ul>
  );
}

function Likely({ id, suggestion: { other, score, reasons } }: { id: string; suggestion: Suggestion }) {
  const desk = useDesk();
  const t = useTexts();
  const [busy, run] = useDeed();
  return (
    <li>
      <span className="grow">
        <strong>{nameText(t, other)}</strong> {other.fields.kana}
        <br />
        {reasons.map((reason) => wordText(t, 'same', reason.replace(/^same_/, ''))).join(t('comma'))}{' '}
        <span className="hint">{t('mergeScore', { n: score })}</span>
      </span>
      <Button
        size="compact-xs"
        loading={busy}
        onClick={() => void run(() => desk.book.link(id, other.customer))}
      >
        {t('mergeDo')}
      </Button>
    </li>
  );
}
