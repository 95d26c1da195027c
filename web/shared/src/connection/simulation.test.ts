import { describe, expect, it } from 'vitest';
import { World } from './world.sim.ts';

const SEEDS = Number(process.env.SEEDS ?? 300);
const FIRST = Number(process.env.SEED ?? 1);
const STEPS = 60;
const CONVERSATIONS = ['one', 'two'];

/** One of the things that go wrong, or nothing. */
function disturb(world: World): void {
  const site = Math.floor(world.random() * 3);
  const dice = world.random();
  if (dice < 0.08) world.setHealth(site, 'dead');
  else if (dice < 0.14) world.setHealth(site, 'frozen');
  else if (dice < 0.2) world.setHealth(site, 'noQuorum');
  else if (dice < 0.42) world.setHealth(site, 'up');
  else if (dice < 0.52) world.cut();
  else if (dice < 0.57) world.reload();
  else if (dice < 0.6) world.moveAway();
}

function runOne(seed: number) {
  const world = new World(seed);
  const sent = new Map<string, string[]>();
  for (const conversation of CONVERSATIONS) {
    sent.set(conversation, []);
    world.send({ type: 'open', ref: world.id(), conversation, queue: 'q' });
    world.watch(conversation);
  }
  for (let step = 0; step < STEPS; step += 1) {
    const conversation = CONVERSATIONS[Math.floor(world.random() * 2)] ?? 'one';
    if (world.random() < 0.6) {
      const message = world.id();
      sent.get(conversation)?.push(message);
      world.send({ type: 'post', ref: world.id(), conversation, message, text: `text of ${message}` });
    }
    if (world.random() < 0.3) world.agentSays(conversation);
    disturb(world);
    world.run(Math.floor(world.random() * 1_500));
  }
  world.faults = false;
  for (const site of [0, 1, 2]) world.setHealth(site, 'up');
  world.run(60_000);
  // A hole at the very end shows only when something follows it.
  for (const conversation of CONVERSATIONS) world.agentSays(conversation);
  world.run(20_000);
  return { world, sent };
}

describe('a page among failing sites', () => {
  it(`loses nothing, doubles nothing, keeps the order (${SEEDS} seeds)`, () => {
    let messages = 0;
    for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
      const { world, sent } = runOne(seed);
      for (const conversation of CONVERSATIONS) {
        const stored = world.journal.get(conversation) ?? [];
        const own = stored.flatMap((e) =>
          e.what === 'message' && e.by.kind === 'customer' ? [e.message] : [],
        );
        expect(own, `seed ${seed}: stored messages`).toEqual(sent.get(conversation));
        expect(world.seen.get(conversation), `seed ${seed}: the page's thread`).toEqual(stored);
        messages += own.length;
      }
      expect(world.disorder, `seed ${seed}`).toEqual([]);
      expect(world.core.outbox(), `seed ${seed}: outbox at rest`).toEqual([]);
    }
    expect(messages).toBeGreaterThan(SEEDS * STEPS * 0.4);
  }, 120_000);
});
