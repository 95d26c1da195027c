import { expect, it } from 'vitest';
import { type Macro, plan, type Step } from './macro.ts';

const macro = (steps: Step[]): Macro => ({ id: 'm', title: 'm', steps });

it('fills texts, gathers tags, and does nothing after the end', () => {
  const made = plan(
    macro([
      { do: 'reply', text: '{{customer.name}} 様' },
      { do: 'tag', tag: '破損' },
      { do: 'close' },
      { do: 'note', text: 'never' },
    ]),
    { 'customer.name': '佐藤' },
  );
  expect(made).toEqual({
    steps: [{ do: 'reply', text: '佐藤 様' }, { do: 'close' }],
    tags: ['破損'],
    open: [],
    unknown: null,
  });
});

it('names variables that are open, and a step from a newer center', () => {
  expect(plan(macro([{ do: 'reply', text: '{{a}}{{b}}{{a}}' }]), {}).open).toEqual(['{{a}}', '{{b}}']);
  expect(plan(macro([{ do: 'snooze' as Step['do'] }]), {}).unknown).toBe('snooze');
});
