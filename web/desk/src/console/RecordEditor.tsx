import { uuid } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { reasonOf } from '../customer/use.ts';
import { isMissing } from '../store/office.ts';
import { NotYet } from '../view/NotYet.tsx';
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

interface Chosen<T> {
  value: T;
  exists: boolean;
  /** Another one when the same record is opened anew. */
  turn: number;
}

/** The view follows what was written: asked again after each of these, in ms. */
const WRITTEN: readonly number[] = [300, 1_200];

/** The records; what was told stays while they cannot be asked for again. */
function useRecords<T extends object>(resource: Resource<T>): [List<T>, () => Promise<void>] {
  const desk = useDesk();
  const [list, setList] = useState<List<T>>('loading');
  const load = useCallback(async () => {
    try {
      setList(await resource.load((request) => desk.call(request)));
    } catch (error) {
      const why = isMissing(error) ? 'missing' : 'failed';
      setList((before) => (typeof before === 'string' ? why : before));
    }
  }, [desk, resource]);
  useEffect(() => void load(), [load]);
  return [list, load];
}

/** A list at the left, the chosen record's form at the right. */
export function RecordEditor<T extends object>(props: EditorProps<T>) {
  const { resource, tagOf, onChange } = props;
  const t = useTexts();
  const { language } = useView().preferences;
  const [list, load] = useRecords(resource);
  const [chosen, setChosen] = useState<Chosen<T> | null>(null);
  if (list === 'missing') return <p className="empty">{t('notHere')}</p>;
  if (typeof list === 'string') return <NotYet state={list} again={() => void load()} />;
  const key = chosen ? resource.idOf(chosen.value) : '';
  const changed = async () => {
    setChosen(null);
    await load();
    for (const pause of WRITTEN) setTimeout(() => void load(), pause);
    onChange?.();
  };
  const open = (value: T) =>
    setChosen((before) =>
      before?.value === value ? before : { value, exists: true, turn: (before?.turn ?? 0) + 1 },
    );
  return (
    <div className="editor">
      <div className="card">
        <Button
          size="compact-md"
          variant="default"
          fullWidth
          onClick={() => setChosen({ value: resource.fresh(uuid()), exists: false, turn: 0 })}
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
                onClick={() => open(value)}
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
        <Form
          key={`${chosen.exists} ${key} ${chosen.turn}`}
          {...props}
          {...chosen}
          known={list}
          changed={changed}
          again={load}
        />
      ) : (
        <p className="empty">{t('choosePlease')}</p>
      )}
    </div>
  );
}

interface FormProps<T extends object> extends EditorProps<T> {
  value: T;
  exists: boolean;
  known: readonly T[];
  changed: () => Promise<void>;
  /** Reads the list again: it is not as it was. */
  again: () => Promise<void>;
}

/** The id that a new record cannot have, and the focus on its field. */
function useTaken() {
  const form = useRef<HTMLFormElement>(null);
  const [taken, setTaken] = useState<string | null>(null);
  useEffect(() => {
    if (taken !== null) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [taken]);
  return { form, taken, setTaken };
}

function Form<T extends object>({ resource, fields, removal, exists, changed, ...rest }: FormProps<T>) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const [value, setValue] = useState(rest.value);
  const [asking, setAsking] = useState(false);
  const call = <A,>(request: Parameters<typeof desk.call>[0]) => desk.call<A>(request);
  const { form, taken, setTaken } = useTaken();
  const id = resource.idOf(value);
  const carryOut = async (what: () => Promise<unknown>, said: string) => {
    const told = what().catch((error: unknown) => {
      const reason = reasonOf(error);
      if (reason === 'id_taken') setTaken(id);
      if (reason === 'id_taken' || reason === 'conflict') void rest.again();
      throw error;
    });
    if (await act(() => told, said)) await changed();
  };
  const save = () => {
    if (!exists && rest.known.some((one) => resource.idOf(one) === id)) setTaken(id);
    else void carryOut(() => resource.save(call, value, exists ? rest.value : null), 'saved');
  };
  const { remove } = resource;
  return (
    <form
      ref={form}
      className="card dialog"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Fields
        fields={fields}
        value={value}
        onChange={(to) => {
          setValue(to);
          setTaken(null);
        }}
        exists={exists}
        fixedError={taken === null ? undefined : t('idTaken')}
      />
      {asking && remove && (
        <div className="row end" role="alert">
          <span className="grow">{removal?.ask ?? t('removeAsk')}</span>
          <Button variant="default" onClick={() => setAsking(false)}>
            {t('cancel')}
          </Button>
          <Button color="red" onClick={() => void carryOut(() => remove(call, rest.value), 'removed')}>
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
