import { useMemo } from 'react';
import { DEPARTMENTS } from '../cases/types.ts';
import { calledIn } from '../store/words.ts';
import { useTexts, useView } from '../view/use.ts';
import { wordText } from './use.ts';

/** How words of touchpoints and departments are said: by the company's own names, else by the desk's, else as they are. */
export interface Called {
  kind: (word: string) => string;
  department: (word: string) => string;
  route: (route: string) => string;
  /** Departments that a case may be handed to. */
  departments: readonly string[];
  /** Kinds of touchpoints that the company added or named, in its order. */
  kinds: readonly string[];
}

export function useCalled(): Called {
  const { office, preferences } = useView();
  const t = useTexts();
  const { words } = office;
  const { language } = preferences;
  return useMemo(() => {
    const own = words.departments.map((one) => one.word);
    return {
      kind: (word) => calledIn(words, 'kinds', word, language) || wordText(t, 'touch', word),
      department: (word) => calledIn(words, 'departments', word, language) || wordText(t, 'dept', word),
      route: (route) => calledIn(words, 'routes', route, language) || route,
      departments: [
        ...DEPARTMENTS,
        ...own.filter((word) => !(DEPARTMENTS as readonly string[]).includes(word)),
      ],
      kinds: words.kinds.map((one) => one.word),
    };
  }, [words, language, t]);
}
