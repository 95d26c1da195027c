import { listOf } from '../../store/office.ts';
import type { Field } from '../Fields.tsx';
import { SingleEditor } from '../SingleEditor.tsx';
import type { Stored } from './FlowsPart.tsx';
import { usePolled } from './usePolled.ts';

interface Numbered {
  number: string;
  flow: string;
  name: string;
}

/** Which guidance callers of each number hear. */
export function Numbers() {
  const { list } = usePolled<Stored>('/api/v1/flows', 0);
  const flows = list.map(({ id, flow }) => ({ value: id, label: flow.name || id }));
  const fields: Field[] = [
    {
      path: 'numbers',
      label: 'numbers',
      kind: 'rows',
      fresh: { number: '+81', flow: '', name: '' },
      columns: [
        { path: 'number', label: 'numberField', kind: 'text', required: true },
        {
          path: 'flow',
          label: 'numberFlow',
          kind: 'select',
          options: [{ value: '', label: '—' }, ...flows],
          required: true,
        },
        { path: 'name', label: 'numberName', kind: 'text' },
      ],
    },
  ];
  return (
    <SingleEditor
      path="/api/v1/numbers"
      fields={fields}
      read={(answer) => ({ numbers: listOf<Numbered>(answer) })}
      write={(value) => value.numbers}
    />
  );
}
