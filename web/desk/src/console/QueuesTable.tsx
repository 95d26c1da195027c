import { duration } from '@madoguchi/shared';
import { waitText } from '../view/dialogs.tsx';
import { useTexts, useView } from '../view/use.ts';
import { byNeed, isLate } from './floorStore.ts';
import type { FloorQueue } from './types.ts';

interface QueuesProps {
  queues: readonly FloorQueue[];
  /** The contacts below are those of this queue alone. */
  chosen: string | null;
  choose: (queue: string | null) => void;
}

export function QueuesTable({ queues, chosen, choose }: QueuesProps) {
  const t = useTexts();
  return (
    <section className="card">
      <h2>{t('queues')}</h2>
      {queues.length === 0 && <p className="empty">{t('noQueues')}</p>}
      <table className="grid">
        <thead>
          <tr>
            <th scope="col">{t('colQueue')}</th>
            <th scope="col">{t('colOpen')}</th>
            <th scope="col">{t('colWaiting')}</th>
            <th scope="col">{t('colLongest')}</th>
            <th scope="col">{t('colTarget')}</th>
            <th scope="col">{t('colExpected')}</th>
            <th scope="col">{t('colHeld')}</th>
          </tr>
        </thead>
        <tbody>
          {byNeed(queues).map((queue) => (
            <Row
              key={queue.queue}
              queue={queue}
              chosen={chosen === queue.queue}
              choose={() => choose(chosen === queue.queue ? null : queue.queue)}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ queue, chosen, choose }: { queue: FloorQueue; chosen: boolean; choose: () => void }) {
  const t = useTexts();
  const { language } = useView().preferences;
  const name = queue.name || queue.queue;
  const late = isLate(queue);
  const shut = queue.open === false;
  return (
    <tr data-bad={late} data-chosen={chosen}>
      <th scope="row">
        <button
          type="button"
          className="link"
          aria-pressed={chosen}
          title={chosen ? t('allQueues') : t('onlyQueue', { queue: name })}
          onClick={choose}
        >
          {name}
        </button>
      </th>
      <td>
        <span aria-hidden="true">{shut ? '▢' : '■'}</span> {t(shut ? 'queueClosed' : 'queueOpen')}
      </td>
      <td className="number">{queue.waiting}</td>
      <td className="number">
        {late && <span className="late">▲ {t('late')} </span>}
        {queue.waiting > 0 ? duration(queue.longest_wait_ms ?? 0) : '—'}
      </td>
      <td className="number">{queue.target_ms ? duration(queue.target_ms) : '—'}</td>
      <td className="number">
        {queue.expected_wait_ms === undefined ? '—' : waitText(t, queue.expected_wait_ms, language)}
      </td>
      <td className="number">{queue.held ?? '—'}</td>
    </tr>
  );
}
