import { type Call, duration } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { Fragment, useCallback, useEffect, useRef, useState } from 'react';
import { isMissing } from '../../store/office.ts';
import { agentName, queueName } from '../../store/view.ts';
import { BusyButton } from '../../view/BusyButton.tsx';
import { MoreButton } from '../../view/MoreButton.tsx';
import { useDesk, useTexts, useView } from '../../view/use.ts';
import { NumberButton } from '../../voice/NumberButton.tsx';
import { Recordings } from '../../voice/Recording.tsx';
import { Grid } from '../Grid.tsx';
import { When } from './lists.tsx';

/** Calls that are shown at first, and more of them with each click. */
const PAGE = 50;

interface Answer {
  calls: readonly Call[];
  older?: string;
}

interface Past {
  state: 'loading' | 'ready' | 'missing' | 'failed';
  calls: readonly Call[];
  /** Where older ones begin; nothing: there are none. */
  older: string;
}

/** Calls that are over, page by page. */
function usePast() {
  const desk = useDesk();
  const [past, setPast] = useState<Past>({ state: 'loading', calls: [], older: '' });
  const load = useCallback(
    async (beyond: string) => {
      setPast((before) => ({ ...before, state: 'loading' }));
      try {
        const path = `/api/v1/calls?limit=${PAGE}&beyond=${encodeURIComponent(beyond)}`;
        const { calls, older = '' } = await desk.call<Answer>({ path });
        const over = calls.filter((call) => call.phase === 'ended');
        setPast((before) => ({
          state: 'ready',
          calls: beyond === '' ? over : [...before.calls, ...over],
          older,
        }));
      } catch (error) {
        setPast((before) => ({ ...before, state: isMissing(error) ? 'missing' : 'failed' }));
      }
    },
    [desk],
  );
  useEffect(() => void load(''), [load]);
  return { past, load };
}

/** Calls that are over, newest first: an agent's own, for supervisors all; a click calls back. */
export function PastCalls() {
  const t = useTexts();
  const { past, load } = usePast();
  const { state, calls, older } = past;
  const body = useRef<HTMLTableSectionElement>(null);
  const none = older === '' ? 'noPast' : 'noPastYet';
  const word = { loading: 'loading', missing: 'notHere', failed: 'notLoaded', ready: none } as const;
  return (
    <div className="card">
      <div className="row">
        <h2 className="grow">{t('callTab_past')}</h2>
        <BusyButton size="compact-md" busy={state === 'loading'} onAct={() => void load('')}>
          {t('pastAgain')}
        </BusyButton>
      </div>
      {(state === 'failed' || calls.length === 0) && (
        <p className="empty" role="status">
          {t(word[state])}
        </p>
      )}
      {calls.length > 0 && (
        <Grid
          body={body}
          columns={[
            'colWhen',
            'colWho',
            'colCallBack',
            'colQueue',
            'colAgent',
            'colTalked',
            'colEnd',
            'colRecording',
          ]}
        >
          {calls.map((call) => (
            <Row key={call.call} call={call} />
          ))}
        </Grid>
      )}
      {older !== '' && (
        <MoreButton list={body} busy={state === 'loading'} onMore={() => void load(older)}>
          {t('pastOlder')}
        </MoreButton>
      )}
    </div>
  );
}

function Row({ call }: { call: Call }) {
  const view = useView();
  const t = useTexts();
  const [heard, setHeard] = useState(false);
  const who = call.name ? t('honorific', { name: call.name }) : t('anonymous');
  const talked =
    call.answered !== undefined && call.ended !== undefined ? duration(call.ended - call.answered) : '—';
  return (
    <Fragment>
      <tr>
        <td>
          <When at={call.started} />{' '}
          <span className="tag">{t(call.direction === 'in' ? 'callIn' : 'callOut')}</span>
        </td>
        <th scope="row">{who}</th>
        <td>
          <NumberButton number={call.number} queue={call.queue ?? ''} />
        </td>
        <td>{call.queue ? queueName(view, call.queue) : '—'}</td>
        <td>{call.agent ? agentName(view, call.agent) : '—'}</td>
        <td>{talked}</td>
        <td>{call.end ? t(`callEnd_${call.end}`) : '—'}</td>
        <td>
          <Button
            size="compact-sm"
            variant="default"
            aria-expanded={heard}
            aria-label={`${who} ${t('pastRecording')}`}
            onClick={() => setHeard(!heard)}
          >
            {t('pastRecording')}
          </Button>
        </td>
      </tr>
      {heard && (
        <tr>
          <td colSpan={8} className="message-sound">
            <Recordings call={call.call} version="" empty="pastNoRecording" />
          </td>
        </tr>
      )}
    </Fragment>
  );
}
