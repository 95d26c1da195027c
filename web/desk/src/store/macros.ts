import { type Macro, plan } from '../core/macro.ts';
import type { Desk } from './desk.ts';
import { memory } from './memory.ts';
import { holds, type View, valuesOf } from './view.ts';

export const runMacroAllowed = (view: View): boolean => view.selected !== null && holds(view, view.selected);

/** Why a macro was not run: a variable is open, or a step is from a newer center. */
export type MacroProblem = { open: string[] } | { unknown: string };

/** Runs a macro in the conversation on the screen: all of it or nothing. Its tags wait for the wrap-up. */
export function runMacro(desk: Desk, macro: Macro): MacroProblem | null {
  const view = desk.view();
  const thread = view.selected === null ? undefined : view.threads[view.selected];
  if (!thread || !runMacroAllowed(view)) return null;
  const made = plan(macro, valuesOf(view, thread));
  if (made.unknown !== null) return { unknown: made.unknown };
  if (made.open.length > 0) return { open: made.open };
  const { conversation } = thread;
  if (made.tags.length > 0)
    memory.keepTags(conversation, [...new Set([...memory.tags(conversation), ...made.tags])]);
  for (const step of made.steps) {
    if (step.do === 'reply' && step.text) desk.post(conversation, step.text);
    else if (step.do === 'note' && step.text) desk.note(conversation, step.text, []);
    else if (step.do === 'transfer')
      desk.transfer(conversation, step.queue ?? '', step.agent ?? '', step.text ?? '');
    else if (step.do === 'close') desk.close(conversation);
  }
  return null;
}
