import { Composition, clock, day, dialable } from '@madoguchi/shared';
import { Button, TextInput } from '@mantine/core';
import { useCallback, useRef, useState } from 'react';
import type { Desk } from '../../../store/desk.ts';
import { agentName } from '../../../store/view.ts';
import { useDesk, useTexts, useView } from '../../../view/use.ts';
import { numberText } from '../../../voice/use.ts';
import { Grid } from '../../Grid.tsx';
import { useAct } from '../../useAct.ts';
import { PolledNote } from '../PolledNote.tsx';
import { useAsked } from '../usePolled.ts';
import './campaigns.css';

interface Never {
  id: string;
  number: string;
  by: string;
  at: number;
}

const PATH = '/api/v1/do-not-call';
/** So many are shown; others are found by their number. */
const SHOWN = 500;

/** The center's list of those who are not to be called: by no campaign, and by hand only with a warning. */
export function NeverList() {
  const desk = useDesk();
  const t = useTexts();
  const act = useAct();
  const [text, setText] = useState('');
  const [sought, setSought] = useState('');
  const composition = useRef(new Composition()).current;
  const number = dialable(text);
  const ask = useCallback(
    async (of: Desk) => {
      const query = sought === '' ? '' : `&number=${encodeURIComponent(sought)}`;
      const answer = await of.call<{ entries: Never[] }>({ path: `${PATH}?limit=${SHOWN}${query}` });
      return [...answer.entries].sort((a, b) => b.at - a.at);
    },
    [sought],
  );
  const polled = useAsked<Never>(ask, 0);
  const change = async (numbers: string[], may_call: boolean) => {
    const body = { numbers, may_call };
    const said = may_call ? 'never_removed' : 'never_added';
    if (await act(() => desk.call({ method: 'POST', path: PATH, body }), said)) polled.again();
  };
  return (
    <div className="card never">
      <h2>{t('callTab_never')}</h2>
      <p className="hint">{t('neverHint')}</p>
      <form
        className="row never-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!number) return;
          void change([number], false).then(() => {
            setText('');
            setSought('');
          });
        }}
      >
        <TextInput
          label={t('factNumber')}
          type="tel"
          autoComplete="off"
          value={text}
          error={text.length > 5 && number === null ? t('transferNumberBad') : undefined}
          onCompositionStart={composition.start}
          onCompositionEnd={composition.end}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && composition.owns(event.nativeEvent)) event.preventDefault();
          }}
          onChange={(event) => {
            setText(event.currentTarget.value);
            if (event.currentTarget.value === '') setSought('');
          }}
        />
        <Button variant="default" disabled={number === null} onClick={() => setSought(number ?? '')}>
          {t('neverSeek')}
        </Button>
        <Button type="submit" disabled={number === null}>
          {t('neverAdd')}
        </Button>
      </form>
      <PolledNote polled={polled} empty={sought === '' ? 'neverNone' : 'neverNotFound'} />
      {polled.list.length > 0 && <Table list={polled.list} remove={(one) => void change([one], true)} />}
    </div>
  );
}

function Table({ list, remove }: { list: readonly Never[]; remove: (number: string) => void }) {
  const view = useView();
  const t = useTexts();
  const { language } = view.preferences;
  return (
    <Grid columns={['factNumber', 'colWhen', 'colBy', 'colDo']}>
      {list.map((one) => (
        <tr key={one.id}>
          <th scope="row">{one.number === '' ? t('erased') : numberText(t, one.number)}</th>
          <td>
            {day(one.at, language)} {clock(one.at, language)}
          </td>
          <td>{one.by ? agentName(view, one.by) || one.by : t('neverByCenter')}</td>
          <td className="acts">
            {one.number !== '' && (
              <Button
                size="compact-xs"
                variant="default"
                aria-label={t('neverRemoveNumber', { number: numberText(t, one.number) })}
                onClick={() => remove(one.number)}
              >
                {t('neverRemove')}
              </Button>
            )}
          </td>
        </tr>
      ))}
    </Grid>
  );
}
