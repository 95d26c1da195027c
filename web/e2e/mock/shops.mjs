/** Orders, stock and what is asked of shops, in memory: see docs/crm-orders.md. `ec` can be asked, `stores` cannot. */

const DAY = 86_400_000;
/** So long a shop takes for its answer, ms. */
const ANSWER = 900;

const orders = () => [
  {
    id: 'ord-3',
    record: 'rec-yui',
    shop: 'ec',
    number: 'A-9002',
    version: 1,
    status: 'preparing',
    channel: 'ec',
    placed_at: Date.now() - DAY / 4,
    changeable_until: Date.now() + DAY / 4,
    total: 6_200,
    currency: 'JPY',
    lines: [
      { sku: 'SOIL-5', name: '培養土 5L', quantity: 2, price: 700 },
      { sku: 'POT-L', name: '白い鉢 L', quantity: 1, price: 4_800 },
    ],
    payment: { method: 'cod', state: 'due' },
    delivery: { date: '2030-04-02', window: '14:00-16:00', carrier: 'yamato' },
    to: {
      recipient: '山本 結衣',
      postcode: '5300001',
      address: '大阪市北区梅田 1-1-1',
      phone: '090-1111-2222',
    },
    returns: [],
  },
  {
    id: 'ord-1',
    record: 'rec-yui',
    shop: 'ec',
    number: 'A-8841',
    version: 3,
    status: 'delivered',
    channel: 'ec',
    placed_at: Date.now() - 3 * DAY,
    total: 4_800,
    currency: 'JPY',
    lines: [{ sku: 'POT-M', name: '白い鉢 M', quantity: 1, price: 4_800 }],
    payment: { method: 'card', state: 'paid' },
    delivery: { carrier: 'yamato', tracking: '1234-5678-9012' },
    returns: [{ id: 'R-1', state: 'asked', reason: 'damaged', asked_at: Date.now() - DAY / 5 }],
  },
  {
    id: 'ord-2',
    record: 'rec-yui',
    shop: 'stores',
    number: 'S-77',
    version: 1,
    status: 'delivered',
    channel: 'store',
    store: '梅田店',
    placed_at: Date.now() - 40 * DAY,
    total: 12_000,
    currency: 'JPY',
    lines: [{ sku: 'TREE', name: 'オリーブ', quantity: 2, price: 6_000 }],
    returns: [],
  },
];

/** Of somebody else, two articles. */
const others = () => [
  {
    id: 'ord-9',
    record: 'rec-ken',
    shop: 'ec',
    number: 'A-7001',
    version: 1,
    status: 'delivered',
    channel: 'ec',
    placed_at: Date.now() - 5 * DAY,
    total: 8_000,
    currency: 'JPY',
    lines: [
      { sku: 'POT-M', name: '白い鉢 M', quantity: 2, price: 2_400 },
      { sku: 'SOIL-5', name: '培養土 5L', quantity: 1, price: 700 },
    ],
    returns: [],
  },
];

const level = (shop, sku, name, place, place_name, place_kind, free, reserved, at) => ({
  shop,
  sku,
  name,
  place,
  place_name,
  place_kind,
  free,
  reserved,
  at,
});
const levels = () => {
  const at = Date.now() - 600_000;
  return [
    level('ec', 'POT-M', '白い鉢 M', 'kanto', '関東倉庫', 'warehouse', 42, 3, at),
    level('ec', 'POT-M', '白い鉢 M', 'umeda', '梅田店', 'store', 2, 0, at - DAY),
    level('ec', 'POT-L', '白い鉢 L', 'kanto', '関東倉庫', 'warehouse', 0, 1, at),
    level('stores', 'TREE', 'オリーブ', 'umeda', '梅田店', 'store', 5, 0, 0),
  ];
};

export function shops() {
  const all = [...orders(), ...others()];
  const stock = levels();
  const commands = [
    {
      id: 'c-1',
      shop: 'ec',
      record: 'rec-yui',
      kind: 'start_return',
      state: 'sent',
      fault: 'unreachable',
      asked_at: Date.now() - 2 * DAY,
    },
    {
      id: 'c-2',
      shop: 'ec',
      record: 'rec-yui',
      kind: 'cancel_order',
      state: 'refused',
      words: '発送済みのため取り消せません',
      asked_at: Date.now() - 2 * DAY,
    },
  ];
  /** So many askings are carried out, and their answers are lost. */
  let lost = 0;

  const masks = (who) => who?.role !== 'supervisor';
  const hidden = (to) =>
    to && { recipient: to.recipient, postcode: '', address: '', phone: '', masked: true };
  const seen = (order, who) => (order.to && masks(who) ? { ...order, to: hidden(order.to) } : order);

  function change(order, values) {
    Object.assign(order, values, { version: order.version + 1 });
  }

  function changeDelivery(order, deed) {
    const slot = deed.date || deed.window ? { date: deed.date, window: deed.window } : {};
    const kept = Object.fromEntries(Object.entries(deed.to ?? {}).filter(([, value]) => value !== ''));
    change(order, { delivery: { ...order.delivery, ...slot }, to: { ...order.to, ...kept } });
    return { state: 'confirmed', words: 'お届けを変更しました' };
  }

  function startReturn(order, deed) {
    const back = {
      id: `R-${order.returns.length + 2}`,
      state: 'accepted',
      reason: deed.reason,
      asked_at: Date.now(),
    };
    change(order, { returns: [...order.returns, back] });
    return { state: 'confirmed', reference: back.id };
  }

  function place(command, deed) {
    const total = deed.lines.reduce((sum, line) => sum + line.quantity * line.price, 0);
    const number = `A-${9_100 + all.length}`;
    const { lines, date, window, to } = deed;
    const now = { version: 1, status: 'placed', placed_at: Date.now(), total, currency: 'JPY', returns: [] };
    const paid = { payment: { method: deed.payment, state: 'due' }, delivery: { date, window } };
    const { record, shop } = command;
    all.unshift({ id: `ord-${number}`, record, shop, number, channel: 'phone', lines, to, ...now, ...paid });
    return { state: 'confirmed', reference: number };
  }

  function reserve(deed) {
    const there = stock.find((one) => one.sku === deed.sku && one.place === deed.place);
    if (!there || there.free < deed.quantity) return { state: 'refused', reason: 'not_enough' };
    there.free -= deed.quantity;
    there.reserved += deed.quantity;
    return { state: 'confirmed', reference: 'RSV-1' };
  }

  function answer(command) {
    const deed = command.do;
    const order = all.find((one) => one.id === command.order);
    if (deed.kind === 'place_order') return place(command, deed);
    if (deed.kind === 'reserve_stock') return reserve(deed);
    if (deed.kind === 'release_stock') return { state: 'confirmed' };
    if (deed.kind === 'change_delivery') return changeDelivery(order, deed);
    if (deed.kind === 'start_return') return startReturn(order, deed);
    // What is being packed is not called back for no reason.
    if (deed.reason === 'other') return { state: 'refused', reason: 'too_late', words: '発送準備中です' };
    change(order, { status: 'cancelled' });
    return { state: 'confirmed' };
  }

  function ask(body, who, record) {
    const known = commands.find((one) => one.id === body.id);
    if (known) return known;
    const order = all.find((one) => one.id === body.order);
    const about = { shop: body.shop || order?.shop, record: order?.record ?? record, order: body.order };
    const asked = {
      id: body.id,
      ...about,
      kind: body.do.kind,
      state: 'asked',
      by: who.id,
      asked_at: Date.now(),
    };
    const command = { ...asked, do: body.do };
    commands.unshift(command);
    setTimeout(() => {
      if (command.state === 'asked') command.state = 'sent';
    }, ANSWER / 3);
    setTimeout(() => settle(command), ANSWER);
    return command;
  }

  const settle = (command) => {
    if (command.state === 'asked' || command.state === 'sent') Object.assign(command, answer(command));
  };

  function api(method, url, body, who, recordOf) {
    const [, , , first, id] = url.pathname.split('/').map(decodeURIComponent);
    if (first === 'shops') return [200, { shops: [{ name: 'ec', answered_at: Date.now() }] }];
    if (first === 'stock') {
      const words = url.searchParams.get('q').toLowerCase();
      const fits = (one) => `${one.sku} ${one.name}`.toLowerCase().includes(words);
      return [200, { stock: stock.filter(fits), more: false }];
    }
    if (first === 'orders') {
      const [shop, number] = ['shop', 'number'].map((name) => url.searchParams.get(name));
      const fits = (one) => (id ? one.id === id : one.shop === shop && one.number === number);
      const order = all.find(fits);
      const shown = url.searchParams.get('show') === 'address';
      return order
        ? [200, { order: shown ? order : seen(order, who), commands: [] }]
        : [404, { reason: 'no_such_order' }];
    }
    if (first !== 'shop-commands' || method !== 'POST') return null;
    if (body.do.lines?.some((line) => /[^A-Za-z0-9-]/.test(line.sku))) return [400, { reason: 'bad_line' }];
    const command = ask(body, who, recordOf(body.customer));
    if (lost > 0) {
      lost -= 1;
      settle(command);
      return [503, { reason: 'unavailable' }];
    }
    return [200, { ...command }];
  }

  const ordersOf = (one, who) =>
    all.filter((order) => one.records.includes(order.record)).map((order) => seen(order, who));
  const commandsOf = (one) => commands.filter((command) => one.records.includes(command.record));
  const lose = (count) => {
    lost = count;
  };
  return { api, ordersOf, commandsOf, lose };
}
