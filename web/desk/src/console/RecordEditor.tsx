import { uuid } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { isMissing } from '../store/office.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { type Field, Fields } from './Fields.tsx';
import type { Resource } from './resources.ts';
import { useAct } from './useAct.ts';

interface EditorProps<T extends object> {
  resource: Resource<T>;
  fields: readonly Field[];
  /** Stands beside a name in the list. */
  tagOf?: (value: T) => string;
  /** How taking one away is called here. */
  removal?: { label: string; ask: string };
  /** After a change, for what else shows these records. */
  onChange?: () => void;
}

type List<T> = readonly T[] | 'loading' | 'missing' | 'failed';

/** A list at the left, the chosen record's form at the right. */
export function RecordEditor<T extends object>(props: EditorProps<T>) {
  const { resource, tagOf, onChange } = props;
  const desk = useDesk();
  const t = useTexts();
  const { language } = useView().preferences;
  const [list, setList] = useState<List<T>>('loading');
  const [chosen, setChosen] = useState<{ value: T; exists: boolean } | null>(null);
  const load = useCallback(async () => {
    try {
      setList(await resource.load((request) => desk.call(request)));
    } catch (error) {
      setList(isMissing(error) ? 'missing' : 'failed');
    }
  }, [desk, resource]);
  useEffect(() => void load(), [load]);
  if (list === 'loading') return <p className="empty">{t('loading')}</p>;
  if (list === 'missing') return <p className="empty">{t('notHere')}</p>;
  if (list === 'failed') return <p className="empty">{t('notLoaded')}</p>;
  const key = chosen ? resource.idOf(chosen.value) : '';
  const changed = async () => {
    setChosen(null);
    await load();
    onChange?.();
  };
  return (
    <div className="editor">
      <div className="card">
        <Button
          size="compact-md"
          variant="default"
          fullWidth
          onClick={() => setChosen({ value: resource.fresh(uuid()), exists: false })}
        >
          ＋ {t('addNew')}
        </Button>
        {list.length === 0 && <p className="empty">{t('listEmpty')}</p>}
        <ul>
          {list.map((value) => (
            <li key={resource.idOf(value)}>
              <button
                type="button"
                className="item"
                aria-current={chosen?.exists === true && key === resource.idOf(value)}
                onClick={() => setChosen({ value, exists: true })}
              >
                <span className="item-head">
                  <span className="clip">{resource.nameOf(value, language)}</span>
                  {tagOf?.(value) && <span className="tag">{tagOf(value)}</span>}
                </span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      {chosen ? (
        <Form key={`${chosen.exists} ${key}`} {...props} {...chosen} changed={changed} />
      ) : (
        <p className="empty">{t('choosePlease')}</p>
      )}
    </div>
  );
}

interface FormProps<T extends object> extends EditorProps<T> {
  value: T;
  exists: boolean;
  changed: () => Promise<void>;
}

function Form<T extends object>({ resource, fields, removal, exists, changed, ...rest }: FormProps<T>) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const [value, setValue] = useState(rest.value);
  const [asking, setAsking] = useState(false);
  const call = <A,>(request: Parameters<typeof desk.call>[0]) => desk.call<A>(request);
  const carryOut = async (what: () => Promise<unknown>, said: string) => {
    if (await act(what, said)) await changed();
  };
  const { remove } = resource;
  return (
    <form
      className="card dialog"
      onSubmit={(event) => {
        event.preventDefault();
        void carryOut(() => resource.save(call, value), 'saved');
      }}
    >
      <Fields fields={fields} value={value} onChange={setValue} exists={exists} />
      {asking && remove && (
        <div className="row end" role="alert">
          <span className="grow">{removal?.ask ?? t('removeAsk')}</span>
          <Button variant="default" onClick={() => setAsking(false)}>
            {t('cancel')}
          </Button>
          <Button color="red" onClick={() => void carryOut(() => remove(call, value), 'removed')}>
            {removal?.label ?? t('removeRecord')}
          </Button>
        </div>
      )}
      <div className="row end">
        {exists && remove && !asking && (
          <Button variant="default" onClick={() => setAsking(true)}>
            {removal?.label ?? t('removeRecord')}
          </Button>
        )}
        <Button type="submit">{t('saveRecord')}</Button>
      </div>
    </form>
  );
}
