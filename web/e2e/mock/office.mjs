// Ready-made texts, codes, rules and a look for the stand-in. See server.mjs.
export const CANNED = [
  {
    id: 'c1',
    shortcut: 'thanks',
    title: { ja: 'お問い合わせのお礼', en: 'Thank you' },
    text: '{{customer.name}} 様、お問い合わせいただきありがとうございます。担当の {{agent.name}} でございます。',
    tags: [],
    language: 'ja',
  },
  {
    id: 'c2',
    shortcut: 'return',
    title: { ja: '返品のご案内', en: 'Returns' },
    text: 'ご注文 {{answers.order}} の返品を承ります。到着から 14 日以内に、{{return.address}} へお送りください。',
    tags: ['返却'],
    language: 'ja',
  },
  {
    id: 'c3',
    shortcut: 'sorry',
    title: { ja: '破損のお詫び', en: 'Apology' },
    text: 'このたびはご不便をおかけし、誠に申し訳ございません。すぐに代わりの品をお送りいたします。',
    tags: ['敬語'],
    language: 'ja',
  },
  {
    id: 'c4',
    shortcut: 'hello',
    title: { ja: '英語の挨拶', en: 'Greeting' },
    text: 'Hello {{customer.name}}, this is {{agent.name}}. How may I help you?',
    tags: [],
    language: 'en',
  },
];
export const MACROS = [
  {
    id: 'm1',
    title: { ja: '交換を約束して終了', en: 'Promise a replacement and close' },
    steps: [
      { do: 'reply', text: '{{customer.name}} 様、代わりの品を明日お送りいたします。' },
      { do: 'tag', tag: '交換' },
      { do: 'close' },
    ],
  },
  { id: 'm2', title: { ja: '返品窓口へ', en: 'To returns' }, steps: [{ do: 'transfer', queue: 'returns' }] },
];
export const CODES = [
  { id: 'order', ja: '注文', en: 'Orders' },
  { id: 'order.broken', ja: '破損', en: 'Broken', parent: 'order' },
  { id: 'order.late', ja: '遅配', en: 'Late', parent: 'order' },
  { id: 'other', ja: 'その他', en: 'Other' },
];
export const REASONS = [
  { id: 'break', ja: '休憩', en: 'Break' },
  { id: 'lunch', ja: '昼食', en: 'Lunch' },
  { id: 'meeting', ja: '会議', en: 'Meeting' },
];
export const SEGMENTS = {
  segments: [
    {
      segment: 'vip',
      name: { ja: 'VIP', en: 'VIP' },
      rule: { all: [{ figure: 'spent365', at_least: 200000 }] },
    },
    {
      segment: 'at_risk',
      name: { ja: '離れそうなお客様', en: 'At risk' },
      rule: {
        all: [
          { figure: 'orders', at_least: 3 },
          { figure: 'churn_percent', at_least: 60 },
        ],
      },
    },
  ],
  offers: [
    {
      offer: 'warranty',
      title: { ja: '延長保証（3 年）', en: 'Longer warranty (3 years)' },
      segment: 'vip',
      rest_days: 90,
      until: 0,
    },
  ],
  version: 3,
};
export const CALENDARS = [
  {
    id: 'day',
    name: '平日昼間',
    time_zone: 'Asia/Tokyo',
    week: [1, 2, 3, 4, 5].map((day) => ({ day, from: '09:00', to: '18:00' })),
    holidays: 'jp',
    closed: ['2026-12-29'],
    open: [],
  },
];
const rules = { channel: 'chat', priority: 0, offer_timeout_ms: 20_000, calendar: 'day', open: true };
export const QUEUES = [
  {
    ...rules,
    queue: 'support',
    name: 'ご相談',
    skills: [{ name: 'ja', level: 2 }],
    target_ms: 60_000,
    overflow: [],
  },
  {
    ...rules,
    queue: 'returns',
    name: '返品・交換',
    skills: [{ name: 'returns', level: 3, relax_after_ms: 120_000 }],
    target_ms: 3_000,
    overflow: [{ after_ms: 300_000, to_queue: 'support' }],
    max_wait_ms: 900_000,
    on_limit_queue: 'support',
  },
  {
    ...rules,
    queue: 'english',
    name: 'English',
    skills: [{ name: 'en', level: 3 }],
    target_ms: 90_000,
    overflow: [],
  },
  { ...rules, queue: 'vip', name: 'お得意様', skills: [], target_ms: 20_000, open: false, overflow: [] },
];
export const PRIORITIES = { segments: { vip: 3 }, reasons: { return: 1 } };
export const CHANGES = [
  {
    change: 'x3',
    at: Date.now() - 300_000,
    by: 'chief',
    kind: 'forced',
    what: 'sato',
    before: { availability: 'ready', reason: '' },
    after: { availability: 'away', reason: 'training' },
  },
  {
    change: 'x2',
    at: Date.now() - 600_000,
    by: 'chief',
    kind: 'queue',
    what: '返品・交換：応答目標 60 秒 → 3 秒',
    before: { target_ms: 60_000 },
    after: { target_ms: 3_000 },
  },
  {
    change: 'x1',
    at: Date.now() - 3_600_000,
    by: 'chief',
    kind: 'agent',
    what: '佐藤 美咲：スキル ja 2 → 3',
    before: { level: 2 },
    after: { level: 3 },
    undone_by: 'x2',
  },
];
export const THEME = {
  company: { ja: '青空ストア', en: 'Aozora Store' },
  color: '#24508f',
  welcome: {
    ja: 'こんにちは。ご注文や返品のご相談を承ります。',
    en: 'Hello. Ask us about orders and returns.',
  },
  reasons: [
    { id: 'order', ja: 'ご注文について', en: 'About an order', queue: 'support' },
    { id: 'return', ja: '返品・交換', en: 'Returns', queue: 'returns' },
  ],
  pre_chat: [
    { id: 'order', label: { ja: '注文番号', en: 'Order number' }, kind: 'text', required: false },
    {
      id: 'member',
      label: { ja: '会員ですか？', en: 'Are you a member?' },
      kind: 'choice',
      choices: [
        { ja: 'はい', en: 'Yes' },
        { ja: 'いいえ', en: 'No' },
      ],
      required: true,
    },
  ],
};
