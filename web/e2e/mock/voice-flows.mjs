// A little of the center's linter and interpreter, so that the flow editor can be looked at. See voice.mjs.

/** Where a node leads. */
const leads = (node) =>
  [
    node.then,
    node.open,
    node.closed,
    node.on_none,
    node.on_wrong,
    node.on_fail,
    node.found,
    node.missing,
    ...Object.values(node.choices ?? {}),
  ].filter((to) => to !== undefined);

export function check(flow) {
  const findings = [];
  const error = (node, code, ja, en) => findings.push({ node, code, ja, en, severity: 'error' });
  const reached = new Set([flow.start]);
  for (const id of reached) {
    const node = flow.nodes[id];
    if (!node) continue;
    for (const to of leads(node)) {
      if (flow.nodes[to]) reached.add(to);
      else error(id, 'no_such_node', `「${to}」という手順はありません。`, `There is no node “${to}”.`);
    }
  }
  for (const id of Object.keys(flow.nodes))
    if (!reached.has(id))
      findings.push({
        node: id,
        code: 'unreachable',
        ja: 'どこからも来られません。',
        en: 'Nothing leads here.',
        severity: 'warning',
      });
  return findings;
}

export function tryOut(flow, inputs) {
  let at = flow.start;
  let over = false;
  const variables = {};
  const steps = [];
  const heard = (prompt) => {
    const line = prompt?.[flow.language] ?? prompt?.ja;
    return line ? [{ language: flow.language, ...line }] : [];
  };
  const run = (input) => {
    const step = { input, at_ms: steps.length * 4_000, nodes: [], heard: [], acts: [] };
    for (;;) {
      const node = flow.nodes[at];
      if (!node) break;
      step.nodes.push(at);
      if (node.kind === 'play') {
        step.heard.push(...heard(node.sound));
        at = node.then;
      } else if (node.kind === 'queue') {
        step.acts.push({ do: 'queue', queue: node.queue, reason: null, priority: 0 });
        over = true;
        steps.push({ ...step, waits_for: { agent: { queue: node.queue } }, variables: { ...variables } });
        return;
      } else {
        step.heard.push(...heard(node.prompt ?? node.greeting ?? node.sound));
        const waits = {
          hours: { answer: { about: 'hours', calendar: node.calendar } },
          voicemail: 'message',
        }[node.kind];
        over = node.kind === 'voicemail' || node.kind === 'hangup';
        const nothing = node.kind === 'hangup' ? { nothing: 'flow' } : undefined;
        steps.push({ ...step, waits_for: nothing ?? waits ?? 'digits', variables: { ...variables } });
        return;
      }
    }
  };
  run(null);
  for (const input of inputs) {
    if (over) break;
    const node = flow.nodes[at];
    const digits = input.digits ?? input.early_digits ?? '';
    if (node.kind === 'menu') at = node.choices[digits] ?? node.on_wrong;
    else if (node.kind === 'hours') at = input.answer === 'closed' ? node.closed : node.open;
    else if (node.kind === 'collect') {
      variables[node.into] = digits.replace('#', '');
      at = node.then;
    }
    run(input);
  }
  return steps;
}
