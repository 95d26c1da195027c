// Webhooks and retention for the stand-in. See server.mjs.
const hooks = [
  {
    webhook: 'hook-1',
    name: '在庫システム',
    url: 'https://stock.example.jp/madoguchi',
    kinds: ['order.changed', 'customer.erased'],
    state: 'failed',
    added_at: Date.now() - 86_400_000 * 30,
    since: Date.now() - 3_600_000,
    by: 'chief',
    failures: 288,
    failing_since: Date.now() - 86_400_000,
    deliveries: [
      {
        event: 'crm-20412-0',
        kind: 'order.changed',
        at: Date.now() - 3_600_000,
        outcome: 'status_503',
        took: 41,
      },
    ],
    site: 'tokyo',
  },
];
let rules = { prospect_days: 0, customer_days: 0, most_per_run: 100, version: 0 };
const holds = [];

function hooksApi(method, id, last, body, who) {
  const hook = hooks.find((one) => one.webhook === id);
  if (!id && method === 'GET') return [200, { webhooks: hooks }];
  if (!id) {
    if (body.url.includes('169.254')) return [400, { reason: 'bad_url' }];
    const now = Date.now();
    const webhook = {
      ...body,
      webhook: `hook-${hooks.length + 1}`,
      state: 'active',
      added_at: now,
      since: now,
      by: who.id,
      failures: 0,
      failing_since: 0,
      deliveries: [],
      site: 'tokyo',
    };
    hooks.push(webhook);
    return [200, { webhook, secret: 'whsec_0123456789abcdef' }];
  }
  if (method === 'DELETE') return [200, { removed: hooks.splice(hooks.indexOf(hook), 1).length === 1 }];
  if (last === 'test') {
    return [200, { event: 'test-1', kind: 'test', at: Date.now(), outcome: 'ok', took: 12 }];
  }
  Object.assign(hook, { state: last === 'pause' ? 'paused' : 'active', failures: 0 });
  return [200, hook];
}

function retentionApi(method, id, body) {
  if (id === 'preview') {
    const candidates = [{ customer: 'rec-77aa', last_at: Date.now() - 86_400_000 * 900, ordered: false }];
    return [
      200,
      { prospects: 1, customers: 0, kept_open: 2, kept_held: holds.length, more: false, candidates },
    ];
  }
  if (method === 'PUT') {
    if (body.version !== rules.version) return [409, { reason: 'conflict' }];
    rules = { ...body, version: rules.version + 1 };
  }
  return [200, { rules }];
}

export function outward(method, url, body, who) {
  const [, , , first, id, last] = url.pathname.split('/').map(decodeURIComponent);
  if (first === 'webhooks') return hooksApi(method, id, last, body, who);
  if (first === 'retention') return retentionApi(method, id, body);
  if (first === 'holds') return [200, { holds }];
  if (first !== 'customers' || last !== 'hold') return undefined;
  if (method === 'DELETE') return [200, { removed: holds.splice(0).length > 0 }];
  holds.push({ customer: id, reason: body.reason, by: who.id, at: Date.now() });
  return [200, holds.at(-1)];
}
