// A company's own words and what each medium brought, in the stand-in's memory: see docs/openapi.json.
const name = (ja, en) => ({ ja, en });

const row = (kind, channel, route, touchpoints, people, buyers, amount) => ({
  kind,
  channel,
  route,
  touchpoints,
  people,
  buyers,
  purchases: Math.round(buyers * 1.2),
  amount,
});
const ROWS = [
  row('call', 'voice', '0120-444-555', 1_240, 1_010, 310, 4_812_000),
  row('ad_response', 'web', '春のチラシ', 820, 700, 96, 1_102_000),
  row('seminar', 'store', 'umeda', 140, 133, 41, 2_210_000),
  row(
    'page_view',
    'web',
    '/products/white-pot?utm_source=newsletter&utm_campaign=spring',
    96,
    90,
    12,
    91_000,
  ),
];

export function words() {
  let held = {
    kinds: [{ word: 'seminar', name: name('セミナー', 'Seminar'), stage: 'consider' }],
    departments: [{ word: 'purchasing', name: name('購買部', 'Purchasing') }],
    routes: [{ route: '0120-444-555', name: name('テレビ 30 秒（春）', 'TV 30 s (spring)') }],
    version: 3,
  };

  function set(body) {
    if (body.version !== held.version) return [409, { reason: 'conflict' }];
    const fits = (one) => /^[a-z0-9_]{1,32}$/.test(one.word);
    if (![...body.kinds, ...body.departments].every(fits)) return [400, { reason: 'bad_word' }];
    held = { ...body, version: held.version + 1 };
    return [200, held];
  }

  function media(query) {
    const days = (Number(query.get('until')) - Number(query.get('from'))) / 86_400_000;
    if (days > 400) return [400, { reason: 'bad_period' }];
    const rows = ROWS.filter((one) => !query.get('kind') || one.kind === query.get('kind'));
    const sum = (all) => {
      const add = (key) => all.reduce((total, one) => total + one[key], 0);
      return row('', '', '', add('touchpoints'), add('people'), add('buyers'), add('amount'));
    };
    const more = query.get('kind') ? 0 : 7;
    const other = more ? { other: row('', '', '', 31, 30, 2, 8_000) } : {};
    return [200, { rows, ...other, total: sum(rows), of: rows.length + more }];
  }

  function api(method, url, body) {
    const [, , , first] = url.pathname.split('/');
    if (first === 'media') return media(url.searchParams);
    if (first !== 'words') return null;
    return method === 'PUT' ? set(body) : [200, held];
  }

  return { api };
}
