/** A company's own words: see `CompanyWords` in docs/openapi.json. */
export interface Name {
  ja: string;
  en: string;
}

export interface KindWord {
  word: string;
  name: Name;
  /** Where touchpoints of this kind stand when their reporter does not say; empty: as the center puts it. */
  stage: string;
}

export interface DepartmentWord {
  word: string;
  name: Name;
}

/** A medium that is known by its route. */
export interface RouteWord {
  route: string;
  name: Name;
}

export interface CompanyWords {
  kinds: readonly KindWord[];
  departments: readonly DepartmentWord[];
  routes: readonly RouteWord[];
  version: number;
}

export const NO_WORDS: CompanyWords = { kinds: [], departments: [], routes: [], version: 0 };

/** What a company calls a word; empty: it has no name for it. */
export function calledIn(
  words: CompanyWords,
  sort: 'kinds' | 'departments' | 'routes',
  word: string,
  language: keyof Name,
): string {
  const found =
    sort === 'routes'
      ? words.routes.find((one) => one.route === word)
      : words[sort].find((one) => one.word === word);
  return found ? found.name[language] || found.name.ja : '';
}
