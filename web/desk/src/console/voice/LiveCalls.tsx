import { type Call, duration } from '@madoguchi/shared';
import { Button } from '@mantine/core';
import { agentName, queueName } from '../../store/view.ts';
import { useDesk, useNow, useTexts, useView } from '../../view/use.ts';
import { isBusy } from '../../voice/actions.ts';
import { isHeld, legOf, livingLegs } from '../../voice/calls.ts';
import { gradeOf, worse } from '../../voice/quality.ts';
import { numberText, partyText, usePhone } from '../../voice/use.ts';
import { PolledNote } from './PolledNote.tsx';
import { usePolled } from './usePolled.ts';

/** Calls are asked for again so long after an answer, in ms. */
const EVERY = 1_500;
const MODES = ['monitor', 'whisper', 'barge'] as const;

/** Every call of the center, and the ways to be with one. */
export function LiveCalls() {
  const t = useTexts();
  const now = useNow(1_000);
  const polled = usePolled<Call>('/api/v1/calls?live=1', EVERY);
  return (
    <div className="card">
      <h2>{t('callTab_live')}</h2>
      <PolledNote polled={polled} empty="noLiveCalls" />
      {polled.list.length > 0 && (
        <table className="grid">
          <thead>
            <tr>
              {(
                [
                  'colWho',
                  'colPhase',
                  'colLasts',
                  'colAgent',
                  'colQueue',
                  'colSite',
                  'colSound',
                  'colRecording',
                  'colDo',
                ] as const
              ).map((column) => (
                <th scope="col" key={column}>
                  {t(column)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {polled.list.map((call) => (
              <Row key={call.call} call={call} now={now} again={polled.again} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Row({ call, now, again }: { call: Call; now: number; again: () => void }) {
  const view = useView();
  const t = useTexts();
  const quality = livingLegs(call).reduce<ReturnType<typeof worse>>(
    (most, leg) => worse(most ?? undefined, leg.quality),
    null,
  );
  const grade = quality && gradeOf(quality);
  const recording = { on: 'recOn', paused: 'recPaused', off: 'recOff' } as const;
  return (
    <tr data-bad={grade === 'poor'}>
      <th scope="row">
        <span className="tag">{t(call.direction === 'in' ? 'callIn' : 'callOut')}</span> {partyText(t, call)}
        {call.name && <span className="hint"> {numberText(t, call.number)}</span>}
      </th>
      <td>{t(isHeld(call) ? 'onHold' : `callPhase_${call.phase}`)}</td>
      <td className="number">{duration(now - (call.answered ?? call.started))}</td>
      <td>{call.agent ? agentName(view, call.agent) : '—'}</td>
      <td>{call.queue ? queueName(view, call.queue) : '—'}</td>
      <td>
        {call.site} {call.moved > 0 && t('callMovedTimes', { n: call.moved })}
      </td>
      <td>
        {grade === 'poor' && '▲ '}
        {grade ? t(`link_${grade}`) : '—'}
      </td>
      <td>{t(recording[call.recording])}</td>
      <td className="acts">
        <Acts call={call} again={again} />
      </td>
    </tr>
  );
}

/** Listen, whisper, speak with both, take over; stop. */
function Acts({ call, again }: { call: Call; again: () => void }) {
  const desk = useDesk();
  const { account } = useView();
  const t = useTexts();
  const view = usePhone();
  const me = account?.id ?? '';
  const mine = legOf(call, me);
  const elsewhere = isBusy(view) && view.phone.call !== call.call;
  if (call.phase !== 'talking' || call.agent === me) return <>—</>;
  const then = (what: Promise<unknown>) => void what.then(again);
  const who = partyText(t, call);
  const supervises = mine?.kind === 'supervisor';
  return (
    <>
      {MODES.map((mode) => (
        <Button
          key={mode}
          size="compact-xs"
          variant="default"
          disabled={elsewhere}
          aria-pressed={supervises && mine.mode === mode}
          aria-label={`${who}: ${t(`do_${mode}`)}`}
          onClick={() => then(desk.phone.supervise(call.call, mode))}
        >
          {t(`do_${mode}`)}
        </Button>
      ))}
      <Button
        size="compact-xs"
        variant="default"
        disabled={elsewhere}
        aria-label={`${who}: ${t('do_takeover')}`}
        onClick={() => then(desk.phone.takeOver(call.call))}
      >
        {t('do_takeover')}
      </Button>
      {supervises && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`${who}: ${t('do_stop_supervising')}`}
          onClick={() => then(desk.phone.do(call.call, 'stop_supervising'))}
        >
          {t('do_stop_supervising')}
        </Button>
      )}
    </>
  );
}
