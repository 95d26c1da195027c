import type { Call, CallLeg, Thread } from '@madoguchi/shared';
import { useEffect, useState } from 'react';
import { agentName, type View } from '../store/view.ts';
import { useDesk, useTexts, useView } from '../view/use.ts';
import { livingLegs } from './calls.ts';
import { NumberButton } from './NumberButton.tsx';
import { Recordings } from './Recording.tsx';
import { numberText, usePhone } from './use.ts';

/** Above the thread of a call: who and whence, what was said to the guidance, who takes part, the recordings. */
export function CallFacts({ thread }: { thread: Thread }) {
  if (thread.channel !== 'voice') return null;
  return <Facts key={thread.conversation} thread={thread} />;
}

/** The call of a conversation: live when the person takes part, else as the center tells it now. */
function useCall(thread: Thread): Call | null {
  const desk = useDesk();
  const live = usePhone().calls[thread.conversation];
  const [told, setTold] = useState<Call | null>(null);
  const known = live !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it may have ended with the last event.
  useEffect(() => {
    if (known) return;
    let over = false;
    desk.call<Call>({ path: `/api/v1/calls/${encodeURIComponent(thread.conversation)}` }).then(
      (call) => !over && setTold(call),
      () => {},
    );
    return () => {
      over = true;
    };
  }, [desk, thread.conversation, thread.last, known]);
  return live ?? told;
}

function Facts({ thread }: { thread: Thread }) {
  const view = useView();
  const t = useTexts();
  const call = useCall(thread);
  const id = call?.call ?? thread.conversation;
  const answers = Object.entries(call?.answers ?? {});
  return (
    <section className="call-facts" aria-label={t('callFacts')}>
      {call && (
        <dl>
          <div>
            <dt>{t('factNumber')}</dt>
            <dd>
              <NumberButton number={call.number} queue={thread.queue} />
            </dd>
          </div>
          <div>
            <dt>{t('factDialled')}</dt>
            <dd>{numberText(t, call.dialled)}</dd>
          </div>
          {call.route && <Fact name={t('factRoute')} value={call.route} />}
          <Fact name={t('factSite')} value={call.site} />
          {answers.length > 0 && (
            <Fact
              name={t('factAnswers')}
              value={answers.map(([key, value]) => `${key}: ${value}`).join(t('comma'))}
            />
          )}
          {livingLegs(call).length > 0 && (
            <Fact
              name={t('factPeople')}
              value={livingLegs(call)
                .map((leg) => legText(view, t, leg))
                .join(t('comma'))}
            />
          )}
        </dl>
      )}
      <Recordings call={id} version={`${call?.phase} ${call?.recording}`} />
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function legText(view: View, t: ReturnType<typeof useTexts>, leg: CallLeg): string {
  const name = leg.id ? agentName(view, leg.id) : leg.number ? numberText(t, leg.number) : '';
  const state = leg.state === 'ended' ? '' : t(`legState_${leg.state}`);
  const who = `${t(`leg_${leg.kind}`)}${name ? ` ${name}` : ''}`;
  return t('legLine', { who, state: leg.mode ? t(`mode_${leg.mode}`) : state });
}
