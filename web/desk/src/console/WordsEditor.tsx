import { useState } from 'react';
import { STAGES } from '../customer/types.ts';
import { useDesk, useTexts } from '../view/use.ts';
import { RecordEditor } from './RecordEditor.tsx';
import {
  DEPARTMENT_FIELDS,
  DEPARTMENT_WORDS,
  KIND_WORDS,
  kindFields,
  ROUTE_FIELDS,
  ROUTE_WORDS,
} from './words.ts';

const SORTS = ['kinds', 'departments', 'routes'] as const;
type Sort = (typeof SORTS)[number];

/** What the company calls its kinds of touchpoints, departments and media. */
export function WordsEditor() {
  const t = useTexts();
  const [sort, setSort] = useState<Sort>('kinds');
  return (
    <>
      <fieldset className="filters">
        <legend className="unseen">{t('wordsSorts')}</legend>
        {SORTS.map((one) => (
          <button
            key={one}
            type="button"
            className="chip"
            aria-pressed={sort === one}
            onClick={() => setSort(one)}
          >
            {t(`words_${one}`)}
          </button>
        ))}
      </fieldset>
      <p className="hint">{t(`wordsHint_${sort}`)}</p>
      <List key={sort} sort={sort} />
    </>
  );
}

function List({ sort }: { sort: Sort }) {
  const desk = useDesk();
  const t = useTexts();
  const changed = () => void desk.office.loadWords();
  const usual = { value: '', label: t('wordsStageUsual') };
  const stages = [usual, ...STAGES.map((stage) => ({ value: stage, label: t(`stage_${stage}`) }))];
  switch (sort) {
    case 'kinds':
      return (
        <RecordEditor
          resource={KIND_WORDS}
          fields={kindFields(stages)}
          tagOf={(form) => form.word}
          onChange={changed}
        />
      );
    case 'departments':
      return (
        <RecordEditor
          resource={DEPARTMENT_WORDS}
          fields={DEPARTMENT_FIELDS}
          tagOf={(form) => form.word}
          onChange={changed}
        />
      );
    case 'routes':
      return (
        <RecordEditor
          resource={ROUTE_WORDS}
          fields={ROUTE_FIELDS}
          tagOf={(form) => form.route}
          onChange={changed}
        />
      );
  }
}
