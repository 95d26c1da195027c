import { fill, openVariables, type Values } from './canned.ts';

/** One step of a macro; unknown ones stop it. */
export interface Step {
  do: 'reply' | 'note' | 'tag' | 'close' | 'transfer';
  text?: string;
  tag?: string;
  queue?: string;
  agent?: string;
}

export interface Macro {
  id: string;
  title: { ja: string; en?: string } | string;
  steps: Step[];
}

export interface Plan {
  steps: Step[];
  /** Tags that go with the wrap-up. */
  tags: string[];
  /** Variables without a value; the macro is not run as long as there is one. */
  open: string[];
  /** A step that this desk does not know; the macro is not run. */
  unknown: string | null;
}

const KNOWN = new Set(['reply', 'note', 'tag', 'close', 'transfer']);

export function macroTitle(macro: Macro, language: 'ja' | 'en'): string {
  const { title } = macro;
  if (typeof title === 'string') return title;
  return (language === 'en' ? title.en || title.ja : title.ja || title.en) || macro.id;
}

/** What a macro would do now: its texts filled, its tags gathered. Nothing comes after a close or a transfer. */
export function plan(macro: Macro, values: Values): Plan {
  const result: Plan = { steps: [], tags: [], open: [], unknown: null };
  for (const step of macro.steps) {
    if (!KNOWN.has(step.do)) return { ...result, unknown: step.do };
    if (step.do === 'tag') {
      if (step.tag) result.tags.push(step.tag);
      continue;
    }
    const text = step.text === undefined ? undefined : fill(step.text, values);
    if (text !== undefined) result.open.push(...openVariables(text));
    result.steps.push(text === undefined ? step : { ...step, text });
    if (step.do === 'close' || step.do === 'transfer') break;
  }
  return { ...result, open: [...new Set(result.open)] };
}
