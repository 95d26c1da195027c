/** What callers hear, as docs/telephony-ivr.md has it; and as forms show it. */

export const KINDS = [
  'play',
  'menu',
  'collect',
  'say',
  'hours',
  'lookup',
  'ask',
  'branch',
  'set',
  'language',
  'queue',
  'callback',
  'voicemail',
  'transfer',
  'hangup',
] as const;
/** `bot` exists in flows, but nobody can begin one: the center refuses to publish it. */
export type Kind = (typeof KINDS)[number] | 'bot';

export interface Node {
  kind: Kind;
  [field: string]: unknown;
}

export interface Flow {
  id: string;
  version?: number;
  name?: string;
  language: 'ja' | 'en';
  start: string;
  nodes: Record<string, Node>;
}

export interface Finding {
  /** Where; nothing: the flow as a whole. */
  node?: string | null;
  code: string;
  ja: string;
  en: string;
  severity: 'error' | 'warning';
}

const EXITS = [
  'then',
  'open',
  'closed',
  'found',
  'missing',
  'on_none',
  'on_wrong',
  'on_fail',
  'callback',
  'leave_to',
  'else',
];

/** A way out of a branch. */
export interface Case {
  is: string;
  then: string;
}

export const casesOf = (node: Node): Case[] => (Array.isArray(node.cases) ? (node.cases as Case[]) : []);

/** Where a node leads, each once, in the order in which callers would ask. */
export function leadsOf(node: Node): string[] {
  const choices =
    typeof node.choices === 'object' && node.choices !== null ? Object.values(node.choices) : [];
  const all = [...choices, ...casesOf(node).map((one) => one.then), ...EXITS.map((exit) => node[exit])];
  return [...new Set(all.filter((to): to is string => typeof to === 'string' && to !== ''))];
}

/** Nodes as a reader follows them: from the start on, then those that nothing leads to. */
export function inOrder(flow: Flow): string[] {
  const seen = new Set<string>();
  const open = [flow.start];
  for (let id = open.shift(); id !== undefined; id = open.shift()) {
    const node = flow.nodes[id];
    if (!node || seen.has(id)) continue;
    seen.add(id);
    open.push(...leadsOf(node));
  }
  return [...seen, ...Object.keys(flow.nodes).filter((id) => !seen.has(id))];
}

const FRESH: Record<Kind, object> = {
  play: { sound: {}, interruptible: true, then: '' },
  menu: { prompt: {}, choices: {}, retries: 2, wait_ms: 5_000, on_none: '', on_wrong: '' },
  collect: {
    prompt: {},
    min: 1,
    max: 8,
    terminator: '#',
    confirm: false,
    retries: 2,
    wait_ms: 5_000,
    into: '',
    then: '',
    on_fail: '',
  },
  say: { what: 'number', from: { variable: '' }, then: '' },
  hours: { calendar: '', open: '', closed: '' },
  lookup: { what: 'customer', by: 'caller', into: 'customer', found: '', missing: '' },
  ask: { service: '', input: [], into: '', timeout_ms: 5_000, then: '', on_fail: '' },
  branch: { on: 'customer.segments', cases: [], else: '' },
  set: { into: '', value: '', then: '' },
  language: { language: 'en', then: '' },
  queue: { queue: '', priority: 0, comfort: [], every_ms: 30_000, say_place: true },
  callback: { queue: '', number: 'caller' },
  voicemail: { greeting: {}, max_s: 60, mailbox: '' },
  transfer: { number: '', ring_ms: 45_000 },
  bot: { name: '', then: '', on_fail: '' },
  hangup: {},
};

export const freshNode = (kind: Kind): Node => ({ kind, ...structuredClone(FRESH[kind]) });

export const freshFlow = (id: string): Flow => ({
  id,
  version: 0,
  name: '',
  language: 'ja',
  start: 'start',
  nodes: { start: freshNode('play') },
});

/** A node as a form changes it: choices are rows. */
export function toForm(node: Node): Node {
  if (node.kind !== 'menu') return node;
  const choices = Object.entries((node.choices ?? {}) as Record<string, string>);
  return { ...node, choices: choices.map(([digit, to]) => ({ digit, to })) };
}

/** The node of a form. What may be absent and was left empty is not there; what must be there is, for the linter to see. */
export function fromForm(form: Node): Node {
  const node: Node = { ...freshNode(form.kind), ...form, ...withoutEmpty(form) };
  for (const key of OPTIONAL[form.kind] ?? []) if (isEmpty(node[key])) delete node[key];
  if (node.kind === 'menu') {
    const rows = (Array.isArray(form.choices) ? form.choices : []) as { digit?: string; to?: string }[];
    node.choices = Object.fromEntries(rows.map(({ digit = '', to = '' }) => [digit, to]));
  }
  if (node.kind === 'branch')
    node.cases = casesOf(form).map(({ is = '', then = '' }) => ({ is: is.trim(), then }));
  if (node.kind === 'collect' && isEmpty(form.terminator)) node.terminator = null;
  if (node.kind === 'say') {
    const from = (form.from ?? {}) as { variable?: string; fixed?: string };
    node.from = from.fixed ? { fixed: from.fixed } : { variable: from.variable ?? '' };
  }
  return node;
}

/** Fields that are left out when they are empty. */
const OPTIONAL: Partial<Record<Kind, readonly string[]>> = {
  menu: ['into'],
  queue: ['reason', 'callback', 'leave_to', 'leave_after_ms', 'offer_callback_after_ms'],
  callback: ['reason', 'thanks', 'on_fail'],
  voicemail: ['thanks'],
  transfer: ['on_fail'],
  hangup: ['sound'],
};
/** Prompts: languages that say nothing are left out. */
const PROMPTS = ['sound', 'prompt', 'greeting', 'thanks'];

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length === 0;
}

function withoutEmpty(form: Node): Partial<Node> {
  const made: Record<string, unknown> = {};
  for (const key of PROMPTS) if (form[key] !== undefined) made[key] = prompt(form[key]);
  if (Array.isArray(form.comfort)) made.comfort = form.comfort.map(prompt);
  return made;
}

function prompt(value: unknown): object {
  const lines = Object.entries((value ?? {}) as Record<string, unknown>).map(([language, line]) => {
    const said = Object.entries((line ?? {}) as Record<string, unknown>).filter(([, text]) => !isEmpty(text));
    return [language, Object.fromEntries(said)] as const;
  });
  return Object.fromEntries(lines.filter(([, line]) => !isEmpty(line)));
}

const ID = /^[a-z0-9_-]{1,40}$/;
export const isId = (text: string): boolean => ID.test(text);

/** The flow with a node under another name, wherever it is led to. */
export function renamed(flow: Flow, from: string, to: string): Flow {
  const follow = (value: unknown) => (value === from ? to : value);
  const nodes = Object.entries(flow.nodes).map(([id, node]) => {
    const next: Node = { ...node };
    for (const exit of EXITS) if (next[exit] === from) next[exit] = to;
    if (next.choices)
      next.choices = Object.fromEntries(
        Object.entries(next.choices).map(([digit, it]) => [digit, follow(it)]),
      );
    if (next.kind === 'branch')
      next.cases = casesOf(next).map((one) => (one.then === from ? { ...one, then: to } : one));
    return [id === from ? to : id, next] as const;
  });
  return { ...flow, start: flow.start === from ? to : flow.start, nodes: Object.fromEntries(nodes) };
}

export function withNode(flow: Flow, id: string, node: Node | null): Flow {
  const { [id]: _, ...others } = flow.nodes;
  return { ...flow, nodes: node ? { ...flow.nodes, [id]: node } : others };
}

/** A flow with its nodes as forms, and back. */
export const draftOf = (flow: Flow): Flow => mapped(flow, toForm);
export const flowOf = (draft: Flow): Flow => mapped(draft, fromForm);

const mapped = (flow: Flow, change: (node: Node) => Node): Flow => ({
  ...flow,
  nodes: Object.fromEntries(Object.entries(flow.nodes).map(([id, node]) => [id, change(node)])),
});

/** A flow from a text, or what is wrong with the text. */
export function parseFlow(text: string): Flow | { error: string } | 'shape' {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
  const flow = value as Partial<Flow> | null;
  const shaped =
    typeof flow?.id === 'string' &&
    typeof flow.start === 'string' &&
    (flow.language === 'ja' || flow.language === 'en') &&
    typeof flow.nodes === 'object' &&
    flow.nodes !== null &&
    Object.values(flow.nodes).every((node) => typeof node?.kind === 'string');
  return shaped ? (flow as Flow) : 'shape';
}
