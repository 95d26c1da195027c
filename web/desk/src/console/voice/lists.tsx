import { clock, day, duration } from '@madoguchi/shared';
import type { ReactNode } from 'react';
import { queueName } from '../../store/view.ts';
import { TEXTS, type Text } from '../../texts.ts';
import { useTexts, useView } from '../../view/use.ts';
import { NumberButton } from '../../voice/NumberButton.tsx';
import { Sound } from '../../voice/Recording.tsx';
import { PolledNote } from './PolledNote.tsx';
import { usePolled } from './usePolled.ts';

/** Asked for again so long after an answer, in ms. */
const EVERY = 5_000;

interface LostCall {
  call: string;
  /** Empty when it was withheld. */
  number: string;
  name?: string;
  queue?: string;
  at: number;
  why: string;
  waited_ms?: number;
  /** When somebody called back, ms since the Unix epoch. */
  called_back?: number;
}

function Grid({ columns, children }: { columns: readonly Text[]; children: ReactNode }) {
  const t = useTexts();
  return (
    <table className="grid">
      <thead>
        <tr>
          {columns.map((column) => (
            <th scope="col" key={column}>
              {t(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </table>
  );
}

function When({ at }: { at: number }) {
  const { language } = useView().preferences;
  return (
    <time dateTime={new Date(at).toISOString()}>
      {day(at, language)} {clock(at, language)}
    </time>
  );
}

/** Who called and was not helped, newest first; a click calls back. */
export function LostCalls() {
  const view = useView();
  const t = useTexts();
  const polled = usePolled<LostCall>('/api/v1/lost-calls', EVERY);
  const why = (call: LostCall) => {
    const key = `lost_${call.why}`;
    const text = key in TEXTS.ja ? t(key as Text) : call.why;
    return call.waited_ms ? `${text}${t('lostWaited', { time: duration(call.waited_ms) })}` : text;
  };
  return (
    <div className="card">
      <h2>{t('callTab_lost')}</h2>
      <PolledNote polled={polled} empty="noLost" />
      {polled.list.length > 0 && (
        <Grid columns={['colWho', 'colWhen', 'colQueue', 'colWhy', 'colCallBack']}>
          {polled.list.map((call) => (
            <tr key={call.call}>
              <th scope="row">{call.name ? t('honorific', { name: call.name }) : t('anonymous')}</th>
              <td>
                <When at={call.at} />
              </td>
              <td>{call.queue ? queueName(view, call.queue) : '—'}</td>
              <td>{why(call)}</td>
              <td>
                <NumberButton number={call.number} queue={call.queue ?? ''} />
                {call.called_back && <span className="tag">{t('calledBack')}</span>}
              </td>
            </tr>
          ))}
        </Grid>
      )}
    </div>
  );
}

interface Voicemail {
  id: string;
  number: string;
  name?: string;
  mailbox: string;
  at: number;
  length_ms: number;
}

/** Messages that callers left, newest first. */
export function Voicemails() {
  const t = useTexts();
  const polled = usePolled<Voicemail>('/api/v1/voicemails', EVERY);
  return (
    <div className="card">
      <h2>{t('callTab_voicemails')}</h2>
      <PolledNote polled={polled} empty="noVoicemails" />
      {polled.list.length > 0 && (
        <Grid columns={['colWho', 'colWhen', 'colMailbox', 'colCallBack', 'colMessage']}>
          {polled.list.map((message) => (
            <tr key={message.id}>
              <th scope="row">{message.name ? t('honorific', { name: message.name }) : t('anonymous')}</th>
              <td>
                <When at={message.at} />
              </td>
              <td>{message.mailbox}</td>
              <td>
                <NumberButton number={message.number} />
              </td>
              <td className="message-sound">
                <Sound
                  path={`/api/v1/voicemails/${encodeURIComponent(message.id)}.wav`}
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
