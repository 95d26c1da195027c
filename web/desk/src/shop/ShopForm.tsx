import { Composition } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { type KeyboardEvent, type ReactNode, type RefObject, useRef } from 'react';
import { reasonText, useTexts } from '../view/use.ts';
import { whyText } from './Asked.tsx';
import type { Asking } from './useAsking.ts';

/** What stands in a form: texts without the spaces around them. */
export interface Told {
  text: (name: string) => string;
  all: (name: string) => string[];
}

interface Props {
  name: string;
  asking: Asking;
  onSend: (told: Told) => void;
  onClose: () => void;
  box?: RefObject<HTMLFormElement | null>;
  children: ReactNode;
}

/** Something to ask of a shop. What was typed stays until the shop has said yes. */
export function ShopForm({ name, asking, onSend, onClose, box, children }: Props) {
  const t = useTexts();
  const composition = useRef(new Composition()).current;
  const done = asking.command?.state === 'confirmed';
  return (
    <form
      ref={box}
      className="shop-form"
      aria-label={name}
      onSubmit={(event) => {
        event.preventDefault();
        const values = new FormData(event.currentTarget);
        const all = (field: string) => values.getAll(field).map((value) => String(value).trim());
        if (!asking.busy) onSend({ text: (field) => all(field)[0] ?? '', all });
      }}
      onCompositionStart={composition.start}
      onCompositionEnd={composition.end}
      onKeyDown={(event: KeyboardEvent) => {
        if (event.key === 'Enter' && composition.owns(event.nativeEvent)) event.preventDefault();
      }}
    >
      <h2>{name}</h2>
      {!done && children}
      <Outcome asking={asking} />
      <span className="row">
        {!done && (
          <Button type="submit" size="compact-sm" loading={asking.busy}>
            {t('shopSend')}
          </Button>
        )}
        <Button size="compact-sm" variant="default" onClick={onClose}>
          {t(done ? 'shopDone' : 'cancel')}
        </Button>
      </span>
    </form>
  );
}

/** Whether it was asked, and what the shop said. */
export function Outcome({ asking: { problem, command } }: { asking: Asking }) {
  const t = useTexts();
  const why = command && whyText(t, command);
  const bad = problem !== '' || command?.state === 'refused';
  return (
    <p role="status" className={bad ? 'shop-outcome bad' : 'shop-outcome'}>
      {problem !== '' && t('shopNotAsked', { reason: reasonText(t, problem) })}
      {problem === '' && command?.state === 'confirmed' && `✓ ${t('shopConfirmed')} ${why}`}
      {problem === '' && command?.state === 'refused' && `✕ ${t('shopRefused', { reason: why ?? '' })}`}
      {problem === '' && (command?.state === 'asked' || command?.state === 'sent') && (
        <>
          … {t('shopAsked')} {why && t('shopWaits', { reason: why })}
        </>
      )}
    </p>
  );
}
