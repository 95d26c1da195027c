import type { Request } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { isMissing } from '../store/office.ts';
import { useDesk, useTexts } from '../view/use.ts';
import { type Field, Fields } from './Fields.tsx';
import { useAct } from './useAct.ts';

interface SingleProps<T extends object> {
  path: string;
  fields: readonly Field[];
  /** The form's record from the answer, and the body from the record. */
  read: (answer: unknown) => T;
  write: (value: T) => unknown;
  onChange?: () => void;
}

/** The form of the one record that a path has. */
export function SingleEditor<T extends object>({ path, fields, read, write, onChange }: SingleProps<T>) {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const [value, setValue] = useState<T | 'loading' | 'missing' | 'failed'>('loading');
  // biome-ignore lint/correctness/useExhaustiveDependencies: loaded once; afterwards the form is the truth.
  useEffect(() => {
    desk.call<unknown>({ path }).then(
      (answer) => setValue(read(answer)),
      (error) => setValue(isMissing(error) ? 'missing' : 'failed'),
    );
  }, [desk, path]);
  if (typeof value === 'string') {
    const word = { loading: 'loading', missing: 'notHere', failed: 'notLoaded' } as const;
    return <p className="empty">{t(word[value as keyof typeof word])}</p>;
  }
  const request: Request = { method: 'PUT', path, body: write(value) };
  return (
    <form
      className="card dialog single"
      onSubmit={(event) => {
        event.preventDefault();
        void act(() => desk.call(request), 'saved').then((done) => done && onChange?.());
      }}
    >
      <Fields fields={fields} value={value} onChange={setValue} />
      <div className="row end">
        <Button type="submit">{t('saveRecord')}</Button>
      </div>
    </form>
  );
}
