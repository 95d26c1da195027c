import { ago, clock, day, readable } from '@madoguchi/shared';
import { Icon } from '../view/icons.tsx';
import { useNow, useTexts, useView } from '../view/use.ts';
import { useCalled } from './called.ts';
import type { Entry } from './types.ts';

const TALK = 'M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z';
const PHONE = 'M6 3h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2z';
const LETTER = 'M3 6h18v12H3zM3 7l9 7 9-7';
const BAG = 'M6 8h12l1 12H5zM9 8V6a3 3 0 0 1 6 0v2';
const TRUCK =
  'M3 6h11v10H3zM14 10h4l3 3v3h-7M7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z';
const BACK = 'M9 7l-5 5 5 5M4 12h11a5 5 0 0 1 0 10h-2';
const COIN = 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8 8l4 5 4-5M12 13v5M9 14h6';
const SHOP = 'M4 10v10h16V10M3 10l2-6h14l2 6zM10 20v-6h4v6';
const PAGE = 'M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6';
const HORN = 'M4 10v4h3l8 5V5L7 10zM18 9a4 4 0 0 1 0 6';
const CHECK = 'M4 5h16v14H4zM8 12l3 3 5-6';
const DOT = 'M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z';

const SHAPES: Record<string, string> = {
  call: PHONE,
  chat: TALK,
  sns: TALK,
  word_of_mouth: TALK,
  mail: LETTER,
  letter: LETTER,
  form: PAGE,
  fax: PAGE,
  page_view: PAGE,
  app: PAGE,
  order: BAG,
  purchase: BAG,
  delivery: TRUCK,
  return: BACK,
  payment: COIN,
  store_visit: SHOP,
  ad_response: HORN,
  task: CHECK,
  case: CHECK,
};

/** The sign of a kind of touchpoint; its word always stands beside it. */
export const KindIcon = ({ kind }: { kind: string }) => <Icon small d={SHAPES[kind] ?? DOT} />;

/** How long ago, with the moment itself for who wants to know. */
export function Ago({ at }: { at: number }) {
  const now = useNow(30_000);
  const { language } = useView().preferences;
  const whole = `${day(at, language)} ${clock(at, language)}`;
  return (
    <time dateTime={new Date(at).toISOString()} title={whole}>
      {ago(at, now, language)}
    </time>
  );
}

/** What a touchpoint was about, in one line. */
export function useAbout(): (entry: Entry) => string {
  const { office, preferences } = useView();
  const t = useTexts();
  return (entry) => {
    const code = office.codes.list.find((one) => one.id === entry.reason);
    const reason = code?.[preferences.language] || code?.ja || entry.reason;
    return [reason, readable(entry.text, preferences.language)]
      .filter((part) => part !== '')
      .join(t('comma'));
  };
}

/** One line of what happened lately. */
export function ShortMoment({ entry }: { entry: Entry }) {
  const about = useAbout();
  const called = useCalled();
  return (
    <li className="moment-short">
      <KindIcon kind={entry.kind} />
      <span className="moment-kind">{called.kind(entry.kind)}</span>
      <span className="clip grow">{about(entry)}</span>
      <Ago at={entry.at} />
    </li>
  );
}
