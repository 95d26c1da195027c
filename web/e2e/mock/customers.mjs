// Customers of the stand-in: who somebody is goes by the name that they gave in the chat. See server.mjs.
import { randomUUID } from 'node:crypto';
import { SEGMENTS } from './office.mjs';

const DAY = 86_400_000;
const MASKED = ['birthday', 'address'];

const moment = (days, kind, stage, more = {}) => ({
  id: `${kind}-${days}`,
  record: 'rec-yui',
  at: Date.now() - days * DAY,
  source: 'ec.main',
  kind,
  channel: '',
  route: '',
  reason: '',
  mood: 0,
  text: '',
  reference: '',
  stage,
  amount: 0,
  ...more,
});
const WAY = [
  moment(0.2, 'return', 'contact', { text: '白い鉢が割れて届いた', mood: -1 }),
  moment(1, 'delivery', 'use', { text: 'ヤマト便でお届け済み' }),
  moment(3, 'order', 'buy', { text: '注文 #8841 白い鉢 M', amount: 4_800, route: '通販サイト' }),
  moment(4, 'page_view', 'consider', { text: '白い鉢 M' }),
  moment(20, 'call', 'contact', { reason: 'order', route: '0120-444-555', mood: 1 }),
  moment(40, 'purchase', 'buy', { text: '梅田店', amount: 12_000 }),
  moment(41, 'ad_response', 'know', { route: '春のチラシ' }),
  ...Array.from({ length: 40 }, (_, n) => moment(60 + n, 'page_view', 'consider', { text: `商品 ${n + 1}` })),
];

const NOTHING = { orders: 0, spent: 0, spent_365: 0, expected: 0, recency: 0, frequency: 0, money: 0 };
const BOUGHT = {
  orders: 6,
  spent: 486_000,
  spent_365: 248_000,
  expected: 230_000,
  churn_percent: 12,
  recency: 5,
  frequency: 3,
  money: 5,
};

const person = (id, fields, more = {}) => ({
  records: [id],
  kind: 'person',
  fields,
  identities: [],
  consents: [],
  segments: [],
  timeline: [],
  links: [],
  ...more,
});
const phone = (value, verified = false) => ({ kind: 'phone', namespace: '', value, verified });

/** One of a company's contacts. */
const contact = (n) => {
  const id = `rec-aozora-${n}`;
  const at = [
    moment(n + 1, n === 0 ? 'seminar' : 'call', 'consider', {
      id: `${id}-1`,
      route: n === 0 ? 'umeda' : '0120-444-555',
    }),
  ];
  const fields = {
    name: `佐々木 第${n + 1}`,
    company_id: 'rec-aozora',
    department: n === 0 ? 'purchasing' : '総務課',
    post: n === 0 ? '課長' : '',
  };
  return [id, person(id, fields, { timeline: at })];
};

function office() {
  return new Map([
    [
      'rec-yui',
      person(
        'rec-yui',
        {
          name: '山本 結衣',
          kana: 'ヤマモト ユイ',
          tier: 'ゴールド',
          stage: 'customer',
          note: 'お電話は 18 時以降をご希望。',
          postcode: '5300001',
          address: '大阪市北区梅田 1-1-1',
          birthday: '1984-05-06',
        },
        {
          identities: [
            phone('+819011112222', true),
            { kind: 'mail', namespace: '', value: 'yui@example.jp', verified: true },
            { kind: 'ec', namespace: 'main', value: 'EC-20418', verified: false },
          ],
          consents: [
            { purpose: 'marketing', channel: 'mail', granted: true },
            { purpose: 'recording', channel: '', granted: false },
          ],
          segments: ['vip'],
          offers: SEGMENTS.offers,
          timeline: WAY,
        },
      ),
    ],
    [
      'rec-emi',
      person('rec-emi', { name: '田村 恵美', kana: 'タムラ エミ' }, { identities: [phone('+81662223333')] }),
    ],
    [
      'rec-ken',
      person('rec-ken', { name: '田村 健', kana: 'タムラ ケン' }, { identities: [phone('+81662223333')] }),
    ],
    [
      'rec-aozora',
      person('rec-aozora', { name: '株式会社あおぞら商事', kana: 'アオゾラショウジ' }, { kind: 'company' }),
    ],
    ...Array.from({ length: 23 }, (_, n) => contact(n)),
  ]);
}

export function customers(conversations, shops) {
  const all = office();
  /** Who is one with whom, by record. */
  const same = new Map();

  /** The record of a channel's customer: known by the name that they gave. */
  function find(id) {
    if (same.has(id)) return all.get(same.get(id));
    if (all.has(id)) return all.get(id);
    const name = [...conversations.values()].find((c) => c.customer === id)?.name;
    if (name === '山本 結衣') {
      all.get('rec-yui').records.push(id);
      same.set(id, 'rec-yui');
      return all.get('rec-yui');
    }
    if (name !== '田村') return undefined;
    all.set(id, person(id, {}, { identities: [phone('+81662223333')] }));
    return all.get(id);
  }

  function seen(one, who, show = []) {
    const hidden = (field) =>
      who?.role !== 'supervisor' && MASKED.includes(field) && !show.includes(field) && one.fields[field];
    const fields = Object.entries(one.fields).filter(([field, value]) => value !== '' && !hidden(field));
    const { timeline, offers: _, ...rest } = one;
    return {
      ...rest,
      customer: one.records[0],
      fields: Object.fromEntries(fields),
      masked: MASKED.filter(hidden),
      last_at: timeline[0]?.at ?? 0,
      touchpoints: timeline.length,
      thin: !one.fields.name,
    };
  }

  const shares = (a) => (b) =>
    a !== b && a.identities.some((x) => b.identities.some((y) => x.kind === y.kind && x.value === y.value));
  const others = (one) => [...all.values()].filter(shares(one)).filter((other) => other.fields.name);

  function get(one, url, who) {
    const show = (url.searchParams.get('show') ?? '').split(',');
    const customer = seen(one, who, show);
    const timeline = one.timeline.slice(0, Number(url.searchParams.get('entries') ?? 0));
    const matches = customer.thin ? others(one).map((other) => seen(other, who)) : [];
    const bought = one === all.get('rec-yui');
    return [
      200,
      { customer, timeline, matches, figures: bought ? BOUGHT : NOTHING, offers: one.offers ?? [] },
    ];
  }

  function change(id, body) {
    const one = find(id) ?? all.set(id, person(id, {})).get(id);
    for (const [field, was] of Object.entries(body.was ?? {}))
      if ((one.fields[field] ?? '') !== was) return [409, { reason: 'changed_meanwhile' }];
    if (body.identities?.some((identity) => identity.kind === 'phone' && !/\d{3}/.test(identity.value)))
      return [400, { reason: 'bad_identity' }];
    Object.assign(one.fields, body.fields);
    one.kind = body.kind ?? one.kind;
    const gone = (identity) => body.withdrawn?.some((other) => other.value === identity.value);
    one.identities = [...one.identities.filter((identity) => !gone(identity)), ...(body.identities ?? [])];
    for (const word of body.consents ?? []) {
      const other = (known) => known.purpose !== word.purpose || known.channel !== word.channel;
      one.consents = [...one.consents.filter(other), word];
    }
    return [200, { record: id, refused: [] }];
  }

  function link(id, body, who) {
    const [one, other] = [find(id), find(body.other)];
    other.records.push(id);
    const made = { link: body.link, record_a: id, record_b: body.other, by: who.id, at: Date.now() };
    other.links.push({ ...made, before: one });
    same.set(id, body.other);
    return [200, { link: body.link }];
  }

  function unlink(id, link, record) {
    const one = find(id);
    const fits = (known) => known.link === link && (!record || known.record_b === record);
    const standing = one.links.find(fits);
    if (!standing) return [404, { reason: 'no_such_link' }];
    one.links = one.links.filter((known) => known !== standing);
    one.records = one.records.filter((record) => record !== standing.record_a);
    same.delete(standing.record_a);
    all.set(standing.record_a, standing.before);
    return [200, { link }];
  }

  function timeline(one, url) {
    const kinds = (url.searchParams.get('kinds') ?? '').split(',').filter((kind) => kind !== '');
    const list = one.timeline.filter((entry) => kinds.length === 0 || kinds.includes(entry.kind));
    const from = Number(url.searchParams.get('after') ?? 0);
    const to = from + Number(url.searchParams.get('limit') ?? 50);
    return [200, { entries: list.slice(from, to), next: to < list.length ? String(to) : '' }];
  }

  function search(url, who) {
    const fold = (text) => text.normalize('NFKC').replace(/[\s-]/g, '').toLowerCase();
    const words = fold(url.searchParams.get('q') ?? '');
    const of = (one) => [...Object.values(one.fields), ...one.identities.map((identity) => identity.value)];
    const found = [...all.values()].filter((one) => of(one).some((value) => fold(value).includes(words)));
    return [200, { customers: found.map((one) => seen(one, who)), more: false }];
  }

  function contacts(company, url, who) {
    const own = [...all.values()].filter((one) => company.records.includes(one.fields.company_id));
    const from = Number(url.searchParams.get('after') || 0);
    const to = from + Number(url.searchParams.get('limit') ?? 20);
    const list = own.slice(from, to).map((one) => seen(one, who));
    return [200, { contacts: list, next: to < own.length ? String(to) : '' }];
  }

  function suggestions(one, who) {
    const list = others(one).map((other) => ({
      other: seen(other, who),
      score: 72,
      reasons: ['same_phone'],
    }));
    return [200, { suggestions: list }];
  }

  function api(method, url, body, who) {
    const [, , , first, id, part, link_] = url.pathname.split('/').map(decodeURIComponent);
    if (first === 'prospects') return change(`desk-${randomUUID()}`, body);
    if (first !== 'customers' || part === 'segment' || part === 'hold' || (!id && method === 'POST'))
      return null;
    if (!id) return search(url, who);
    if (method === 'PATCH') return change(id, body);
    const one = find(id);
    if (!one) return [404, { reason: 'no_such_customer' }];
    if (part === 'timeline') return timeline(one, url);
    if (part === 'contacts') return contacts(one, url, who);
    if (part === 'orders') return [200, { orders: shops.ordersOf(one, who), next: '' }];
    if (part === 'shop-commands') return [200, { commands: shops.commandsOf(one) }];
    if (part === 'offers') {
      one.offers = one.offers.filter((offer) => offer.offer !== link_);
      return [200, { offer: link_, answer: body.answer }];
    }
    if (part === 'suggestions') return suggestions(one, who);
    if (part === 'links')
      return method === 'POST' ? link(id, body, who) : unlink(id, link_, url.searchParams.get('record'));
    return get(one, url, who);
  }

  /** Somebody else changes a field, elsewhere. */
  const meddle = (field, value) => {
    all.get('rec-yui').fields[field] = value;
  };

  return { api, meddle, find };
}
