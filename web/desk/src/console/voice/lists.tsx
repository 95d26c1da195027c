import { type Call, clock, day } from '@madoguchi/shared';
import { agentName, queueName } from '../../store/view.ts';
import { useTexts, useView } from '../../view/use.ts';
import { NumberButton } from '../../voice/NumberButton.tsx';
import { Sound } from '../../voice/Recording.tsx';
import { Grid } from '../Grid.tsx';
import { PolledNote } from './PolledNote.tsx';
import { usePolled } from './usePolled.ts';

/** Asked for again so long after an answer, in ms. */
const EVERY = 5_000;

export function When({ at }: { at: number }) {
  const { language } = useView().preferences;
  return (
    <time dateTime={new Date(at).toISOString()}>
      {day(at, language)} {clock(at, language)}
    </time>
  );
}

/** Calls that a failure cut off and nobody could keep, newest first; a click calls back. */
export function LostCalls() {
  const view = useView();
  const t = useTexts();
  const polled = usePolled<Call>('/api/v1/lost-calls', EVERY);
  return (
    <div className="card">
      <h2>{t('callTab_lost')}</h2>
      <PolledNote polled={polled} empty="noLost" />
      {polled.list.length > 0 && (
        <Grid columns={['colWho', 'colWhen', 'colQueue', 'colAgent', 'colSite', 'colWhy', 'colCallBack']}>
          {polled.list.map((call) => (
            <tr key={call.call}>
              <th scope="row">{call.name ? t('honorific', { name: call.name }) : t('anonymous')}</th>
              <td>
                <When at={call.ended ?? call.started} />
              </td>
              <td>{call.queue ? queueName(view, call.queue) : '—'}</td>
              <td>{call.agent ? agentName(view, call.agent) : '—'}</td>
              <td>{call.site}</td>
              <td>{t(`callEnd_${call.end ?? 'lost'}`)}</td>
              <td>
                <NumberButton number={call.number} queue={call.queue ?? ''} />
              </td>
            </tr>
          ))}
        </Grid>
      )}
    </div>
  );
}

interface Voicemail {
  call: string;
  part: number;
  number: string;
  name?: string;
  mailbox: string;
  at: number;
  length_ms: number;
  called_back?: number;
  called_back_by?: string;
}

/** Messages that callers left, newest first. */
export function Voicemails() {
  const view = useView();
  const t = useTexts();
  const polled = usePolled<Voicemail>('/api/v1/voicemails', EVERY);
  return (
    <div className="card">
      <h2>{t('callTab_voicemails')}</h2>
      <PolledNote polled={polled} empty="noVoicemails" />
      {polled.list.length > 0 && (
        <Grid columns={['colWho', 'colWhen', 'colMailbox', 'colCallBack', 'colMessage']}>
          {polled.list.map((message) => (
            <tr key={message.call}>
              <th scope="row">{message.name ? t('honorific', { name: message.name }) : t('anonymous')}</th>
              <td>
                <When at={message.at} />
              </td>
              <td>{message.mailbox}</td>
              <td>
                <NumberButton number={message.number} />
                {message.called_back !== undefined && (
                  <div>
                    <When at={message.called_back} />{' '}
                    {message.called_back_by ? agentName(view, message.called_back_by) : '—'}
                  </div>
                )}
              </td>
              <td className="message-sound">
                <Sound
                  path={`/api/v1/calls/${encodeURIComponent(message.call)}/recording/${message.part}.wav`}
                  name={t('colMessage')}
                  lengthMs={message.length_ms}
                />
              </td>
            </tr>
          ))}
        </Grid>
      )}
    </div>
  );
}
