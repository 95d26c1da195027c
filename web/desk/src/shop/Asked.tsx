import { clock, day, type Translate } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { wordText } from '../customer/use.ts';
import type { Text } from '../texts.ts';
import { useTexts, useView } from '../view/use.ts';
import { reservedOf } from './core.ts';
import { Outcome } from './ShopForm.tsx';
import type { Command } from './types.ts';
import { useAsking } from './useAsking.ts';
import type { Shopping } from './useOrders.ts';

/** Why a command waits or was refused, or what the shop said with its yes. */
export function whyText(t: Translate<Text>, { state, words, reason, reference, fault }: Command): string {
  if (state === 'refused') return words || wordText(t, 'refusal', reason ?? '');
  if (state === 'confirmed') return [words, reference].filter(Boolean).join(t('comma'));
  return fault ? wordText(t, 'fault', fault) : '';
}

/** What shops have not said yes to, and what they have set aside. */
export function Asked({ shopping }: { shopping: Shopping }) {
  const t = useTexts();
  const open = shopping.commands.filter((one) => one.state !== 'confirmed');
  const reserved = reservedOf(shopping.commands);
  const numberOf = ({ order }: Command) => shopping.orders.find((one) => one.id === order)?.number ?? '';
  return (
    <>
      {open.length > 0 && (
        <>
          <h2>{t('orderAsked')}</h2>
          <ul className="orders">
            {open.map((one) => (
              <One key={one.id} command={one} number={numberOf(one)} />
            ))}
          </ul>
        </>
      )}
      {reserved.length > 0 && (
        <>
          <h2>{t('shopReserved')}</h2>
          <ul className="orders">
            {reserved.map((one) => (
              <Reserved key={one.id} command={one} shopping={shopping} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function One({ command, number }: { command: Command; number: string }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const why = whyText(t, command);
  return (
    <li>
      <strong>
        {wordText(t, 'do', command.kind)} {number}
      </strong>{' '}
      <span className="tag">{t(command.state === 'refused' ? 'command_refused' : 'command_asked')}</span>{' '}
      <span className="hint">
        {day(command.asked_at, language)} {clock(command.asked_at, language)}
      </span>
      {why && <p>{why}</p>}
      {command.told && <p className="hint">{t(command.told === 'told' ? 'shopTold' : 'shopUntold')}</p>}
    </li>
  );
}

function Reserved({ command, shopping }: { command: Command; shopping: Shopping }) {
  const t = useTexts();
  const asking = useAsking(shopping);
  const deed = command.do;
  const what = deed?.kind === 'reserve_stock' ? `${deed.sku} × ${deed.quantity}（${deed.place}）` : '';
  const release = { kind: 'release_stock', command: command.id } as const;
  return (
    <li>
      <span className="moment-head">
        <span>
          <strong>{what || command.id}</strong> <span className="hint">{command.reference}</span>
        </span>
        <Button
          size="compact-sm"
          variant="default"
          loading={asking.busy}
          aria-label={t('shopReleaseThis', { what })}
          onClick={() => void asking.send({ shop: command.shop, customer: shopping.id }, release)}
        >
          {t('ask_release_stock')}
        </Button>
      </span>
      <Outcome asking={asking} />
    </li>
  );
}
