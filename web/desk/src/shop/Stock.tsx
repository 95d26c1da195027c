import { Composition, clock, day } from '@madoguchi/shared';
import { Button, TextInput } from '@mantine/core';
import { useRef, useState } from 'react';
import { reasonOf, wordText } from '../customer/use.ts';
import { reasonText, useDesk, useTexts, useView } from '../view/use.ts';
import { byArticle } from './core.ts';
import { ShopForm, type Told } from './ShopForm.tsx';
import type { Level } from './types.ts';
import { useAsking } from './useAsking.ts';
import type { Shopping } from './useOrders.ts';

interface Found {
  stock: Level[];
  more: boolean;
}

interface Props {
  shopping: Shopping;
  talk: string;
  /** Why an article cannot go into the order that is written; `null`: it can. */
  barred: (level: Level) => string | null;
  onPick: (level: Level) => void;
}

/** How much of an article is where, as of when; from here it is set aside or ordered. */
export function Stock({ shopping, talk, barred, onPick }: Props) {
  const desk = useDesk();
  const t = useTexts();
  const [found, setFound] = useState<Found | null>(null);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);
  const composition = useRef(new Composition()).current;
  const seek = async (words: string) => {
    const asked = ++turn.current;
    setBusy(true);
    try {
      const answer = await desk.call<Found>({ path: `/api/v1/stock?q=${encodeURIComponent(words)}` });
      if (asked !== turn.current) return;
      setFound(answer);
      setProblem('');
    } catch (error) {
      if (asked === turn.current) setProblem(reasonOf(error));
    }
    if (asked === turn.current) setBusy(false);
  };
  return (
    <section aria-label={t('stockTitle')} className="shop-form">
      <h2>{t('stockTitle')}</h2>
      <form
        className="row stock-seek"
        onSubmit={(event) => {
          event.preventDefault();
          const words = String(new FormData(event.currentTarget).get('q') ?? '').trim();
          if (words !== '') void seek(words);
        }}
        onCompositionStart={composition.start}
        onCompositionEnd={composition.end}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && composition.owns(event.nativeEvent)) event.preventDefault();
        }}
      >
        <TextInput name="q" size="xs" label={t('stockWord')} required maxLength={100} autoComplete="off" />
        <Button type="submit" size="compact-sm" variant="default" loading={busy}>
          {t('stockSeek')}
        </Button>
      </form>
      <div role="status">
        {problem !== '' && <p className="shop-outcome bad">{reasonText(t, problem)}</p>}
        {found?.stock.length === 0 && <p className="empty">{t('stockNone')}</p>}
      </div>
      {byArticle(found?.stock ?? []).map((places) => (
        <Article
          key={`${places[0]?.shop} ${places[0]?.sku}`}
          places={places}
          {...{ shopping, talk, barred, onPick }}
        />
      ))}
      {found?.more && <p className="hint">{t('stockMore')}</p>}
    </section>
  );
}

function Article({ places, shopping, talk, barred, onPick }: Props & { places: readonly Level[] }) {
  const t = useTexts();
  const [first] = places;
  if (!first) return null;
  const why = barred(first);
  return (
    <div className="stock-article">
      <p className="moment-head">
        <span>
          <strong>{first.name || first.sku}</strong>{' '}
          <span className="hint">{`${first.sku}・${first.shop}`}</span>
        </span>
        <Button
          size="compact-sm"
          variant="default"
          disabled={why !== null}
          aria-label={t('stockPickThis', { what: first.name || first.sku })}
          onClick={() => onPick(first)}
        >
          {t('stockPick')}
        </Button>
      </p>
      {why !== null && <p className="hint">{why}</p>}
      <ul>
        {places.map((level) => (
          <Place key={level.place} level={level} {...{ shopping, talk }} />
        ))}
      </ul>
    </div>
  );
}

function Place({ level, shopping, talk }: { level: Level; shopping: Shopping; talk: string }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const [opened, setOpened] = useState(false);
  const name = level.place_name || level.place;
  const askable = shopping.shops === null || shopping.shops.includes(level.shop);
  return (
    <li>
      <span className="moment-head">
        <span>
          {name} <span className="tag">{wordText(t, 'place', level.place_kind)}</span>
        </span>
        <span>
          <strong>{t('stockFree', { n: level.free })}</strong>{' '}
          <span className="hint">{t('stockSetAside', { n: level.reserved })}</span>
        </span>
      </span>
      <span className="moment-head">
        <span className="hint">
          {level.at > 0
            ? t('stockAt', { time: `${day(level.at, language)} ${clock(level.at, language)}` })
            : t('stockAtUnknown')}
        </span>
        {askable && !opened && (
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t('stockReserveAt', { what: level.name || level.sku, place: name })}
            onClick={() => setOpened(true)}
          >
            {t('ask_reserve_stock')}
          </Button>
        )}
      </span>
      {!askable && <p className="hint">{t('barred_no_shop')}</p>}
      {opened && <Reserve {...{ level, shopping, talk }} onClose={() => setOpened(false)} />}
    </li>
  );
}

interface ReserveProps {
  level: Level;
  shopping: Shopping;
  talk: string;
  onClose: () => void;
}

function Reserve({ level, shopping, talk, onClose }: ReserveProps) {
  const t = useTexts();
  const asking = useAsking(shopping);
  const { shop, sku, place, place_name } = level;
  const send = ({ text }: Told) => {
    const until = text('until') === '' ? 0 : new Date(text('until')).getTime();
    const deed = { kind: 'reserve_stock', sku, place, quantity: Number(text('quantity')), until } as const;
    void asking.send({ shop, customer: shopping.id, conversation: talk }, deed);
  };
  const name = t('stockReserveAt', { what: level.name || sku, place: place_name || place });
  return (
    <ShopForm name={name} asking={asking} onSend={send} onClose={onClose}>
      <TextInput
        name="quantity"
        type="number"
        size="xs"
        label={t('lineCount')}
        min={1}
        max={1_000}
        defaultValue={1}
        required
      />
      <TextInput name="until" type="datetime-local" size="xs" label={t('reserveUntil')} />
    </ShopForm>
  );
}
