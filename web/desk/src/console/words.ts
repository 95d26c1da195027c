import type { CompanyWords, DepartmentWord, KindWord, RouteWord } from '../store/words.ts';
import type { Field } from './Fields.tsx';
import { type Call, type Resource, refuseUnseen } from './resources.ts';

const PATH = '/api/v1/words';
const read = (call: Call) => call<CompanyWords>({ path: PATH });

type Sort = 'kinds' | 'departments' | 'routes';
type Of<S extends Sort> = CompanyWords[S][number];

/** One of the three lists. They are one document; a change since it was read here is told as `conflict`. */
function part<S extends Sort>(sort: S, idOf: (one: Of<S>) => string, fresh: Of<S>): Resource<Of<S>> {
  const change = async (call: Call, by: (list: readonly Of<S>[]) => readonly Of<S>[]) => {
    const words = await read(call);
    return call({
      method: 'PUT',
      path: PATH,
      body: { ...words, [sort]: by(words[sort] as readonly Of<S>[]) },
    });
  };
  /** Where a word is now, as the form read it. */
  const seenAt = (list: readonly Of<S>[], id: string, before: Of<S> | null) => {
    const at = list.findIndex((one) => idOf(one) === id);
    refuseUnseen(before, list[at]);
    return at;
  };
  return {
    load: async (call) => [...((await read(call))[sort] as readonly Of<S>[])],
    save: (call, form, before) =>
      change(call, (list) => {
        const at = seenAt(list, idOf(form), before);
        return at < 0 ? [...list, form] : list.with(at, form);
      }),
    remove: (call, before) => change(call, (list) => list.toSpliced(seenAt(list, idOf(before), before), 1)),
    idOf,
    nameOf: (form, language) => form.name[language] || form.name.ja,
    fresh: () => structuredClone(fresh),
  };
}

const name = { ja: '', en: '' };
export const KIND_WORDS: Resource<KindWord> = part('kinds', (one) => one.word, { word: '', name, stage: '' });
export const DEPARTMENT_WORDS: Resource<DepartmentWord> = part('departments', (one) => one.word, {
  word: '',
  name,
});
export const ROUTE_WORDS: Resource<RouteWord> = part('routes', (one) => one.route, { route: '', name });

type Option = { value: string; label: string };

const NAMES: readonly Field[] = [
  { path: 'name.ja', label: 'nameJa', kind: 'text', required: true },
  { path: 'name.en', label: 'nameEn', kind: 'text', required: true },
];
const WORD: Field = { path: 'word', label: 'segmentId', kind: 'text', required: true, fixed: true };

export const kindFields = (stages: readonly Option[]): Field[] => [
  WORD,
  ...NAMES,
  { path: 'stage', label: 'wordsStage', kind: 'select', options: stages },
];
export const DEPARTMENT_FIELDS: readonly Field[] = [WORD, ...NAMES];
export const ROUTE_FIELDS: readonly Field[] = [
  { path: 'route', label: 'wordsRoute', kind: 'text', required: true, fixed: true },
  ...NAMES,
];
