import { expect, it } from 'vitest';
import {
  draftOf,
  type Flow,
  flowOf,
  freshNode,
  fromForm,
  inOrder,
  isId,
  KINDS,
  leadsOf,
  type Node,
  parseFlow,
  renamed,
  toForm,
  withNode,
} from './flow.ts';

const say = (text: string) => ({ ja: { text } });
const FLOW: Flow = {
  id: 'main',
  language: 'ja',
  start: 'menu',
  nodes: {
    lonely: { kind: 'hangup' },
    queue: {
      kind: 'queue',
      queue: 'support',
      comfort: [say('お待ちください')],
      leave_to: 'bye',
      leave_after_ms: 9,
    },
    menu: {
      kind: 'menu',
      prompt: say('番号を'),
      choices: { 1: 'queue', 2: 'bye', '*': 'menu' },
      on_none: 'menu',
      on_wrong: 'bye',
    },
    bye: { kind: 'hangup' },
  },
};

it('follows a flow from its start, and shows what nothing leads to', () => {
  expect(leadsOf(FLOW.nodes.menu as Node)).toEqual(['queue', 'bye', 'menu']);
  expect(leadsOf(FLOW.nodes.queue as Node)).toEqual(['bye']);
  expect(inOrder(FLOW)).toEqual(['menu', 'queue', 'bye', 'lonely']);
  expect(inOrder({ ...FLOW, start: 'gone' })).toHaveLength(4);
});

it('makes the same node of a form again', () => {
  for (const node of Object.values(FLOW.nodes)) expect(fromForm(toForm(node))).toMatchObject(node);
  for (const kind of KINDS) expect(fromForm(toForm(freshNode(kind))), kind).toEqual(freshNode(kind));
  expect(flowOf(draftOf(FLOW)).nodes.menu?.choices).toEqual(FLOW.nodes.menu?.choices);
});

it('leaves out what a form left empty', () => {
  const queue: Node = {
    kind: 'queue',
    queue: 'q',
    reason: '',
    comfort: [{ ja: { text: 'お待ちください', file: '' }, en: { text: '' } }],
    callback: undefined,
  };
  expect(fromForm(queue)).toEqual({
    kind: 'queue',
    queue: 'q',
    comfort: [say('お待ちください')],
    priority: 0,
    every_ms: 30_000,
    say_place: true,
  });
  // What must be there stays, for the linter to see that it is empty.
  expect(fromForm({ kind: 'play', sound: { ja: { text: '' } } })).toEqual({
    kind: 'play',
    sound: {},
    interruptible: true,
    then: '',
  });
  expect(
    fromForm({ kind: 'say', what: 'number', from: { variable: 'n', fixed: '5' }, then: 'x' }).from,
  ).toEqual({
    fixed: '5',
  });
  expect(fromForm({ kind: 'collect', terminator: '' }).terminator).toBeNull();
});

it('renames a node wherever it is led to', () => {
  const flow = renamed(FLOW, 'bye', 'end');
  expect(Object.keys(flow.nodes)).toEqual(['lonely', 'queue', 'menu', 'end']);
  expect(flow.nodes.menu).toMatchObject({
    choices: { 1: 'queue', 2: 'end' },
    on_wrong: 'end',
    on_none: 'menu',
  });
  expect(flow.nodes.queue?.leave_to).toBe('end');
  expect(renamed(FLOW, 'menu', 'first').start).toBe('first');
  expect(inOrder(flow)).toHaveLength(4);
});

it('puts nodes in and takes them away', () => {
  expect(Object.keys(withNode(FLOW, 'lonely', null).nodes)).toEqual(['queue', 'menu', 'bye']);
  expect(withNode(FLOW, 'new', { kind: 'hangup' }).nodes.new).toEqual({ kind: 'hangup' });
});

it('reads JSON that is a flow, and says why other texts are none', () => {
  expect(parseFlow(JSON.stringify(FLOW))).toEqual(FLOW);
  expect(parseFlow('{')).toMatchObject({ error: expect.any(String) });
  for (const text of ['null', '1', '{}', '{"id":"x","start":"a","language":"fr","nodes":{}}'])
    expect(parseFlow(text), text).toBe('shape');
  expect(parseFlow('{"id":"x","start":"a","language":"ja","nodes":{"a":null}}')).toBe('shape');
  expect([isId('a_b-1'), isId('A'), isId(''), isId('x'.repeat(41))]).toEqual([true, false, false, false]);
});

it('keeps the cases of a branch, in their order', () => {
  const branch: Node = {
    kind: 'branch',
    on: 'customer.segments',
    cases: [
      { is: 'vip', then: 'queue' },
      { is: '*', then: 'menu' },
    ],
    else: 'bye',
  };
  const flow = withNode(FLOW, 'who', branch);
  expect(leadsOf(branch)).toEqual(['queue', 'menu', 'bye']);
  expect(fromForm(toForm(branch))).toEqual(branch);
  expect(fromForm({ ...branch, cases: [{ is: ' vip ' }] }).cases).toEqual([{ is: 'vip', then: '' }]);
  const moved = renamed(renamed(flow, 'queue', 'fast'), 'bye', 'end').nodes.who;
  expect(moved).toEqual({
    ...branch,
    cases: [
      { is: 'vip', then: 'fast' },
      { is: '*', then: 'menu' },
    ],
    else: 'end',
  });
});
