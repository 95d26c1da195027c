import { duration } from '@madoguchi/shared';
import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useDesk, useNow, useTexts } from '../view/use.ts';
import { AgentsTable } from './AgentsTable.tsx';
import { Broadcast } from './Broadcast.tsx';
import { ContactsTable } from './ContactsTable.tsx';
import './console.css';
import { FloorStore, isLate } from './floorStore.ts';
import { QueuesTable } from './QueuesTable.tsx';
import type { Floor as Picture } from './types.ts';

/** The supervisor's live floor: what makes somebody act, and the acts beside it. */
export default function Floor() {
  const desk = useDesk();
  const t = useTexts();
  const now = useNow(1_000);
  const store = useMemo(() => new FloorStore((request) => desk.call(request)), [desk]);
  const { floor, at, failed } = useSyncExternalStore(store.subscribe, store.view);
  const [queue, setQueue] = useState<string | null>(null);
  useEffect(() => {
    store.start();
    return () => store.stop();
  }, [store]);
  if (!floor) return <p className="empty">{t(failed ? 'notLoaded' : 'loading')}</p>;
  return (
    <div className="floor">
      <h1 className="unseen">{t('page_floor')}</h1>
      <div role="status">
        {failed && <p className="banner bad">▲ {t('floorStale', { time: duration(now - at) })}</p>}
      </div>
      <div className="row floor-head">
        <Tiles floor={floor} />
        <Broadcast floor={floor} />
      </div>
      <div className="floor-panes">
        <div>
          <QueuesTable queues={floor.queues} chosen={queue} choose={setQueue} />
          <ContactsTable floor={floor} store={store} queue={queue} now={now} />
        </div>
        <AgentsTable agents={floor.agents} store={store} now={now} />
      </div>
    </div>
  );
}

/** Six numbers; only those that ask for an act are loud, with a sign beside the colour. */
function Tiles({ floor }: { floor: Picture }) {
  const t = useTexts();
  const late = floor.queues.some(isLate);
  const count = (availability: string) => floor.agents.filter((a) => a.availability === availability).length;
  const tiles = [
    { name: t('tileWaiting'), value: floor.waiting, bad: floor.waiting > 0 && floor.ready === 0 },
    { name: t('tileLongest'), value: duration(floor.longest_wait_ms), bad: late },
    { name: t('tileHeld'), value: floor.held, bad: false },
    { name: t('tileReady'), value: floor.ready, bad: floor.ready === 0 },
    { name: t('tileAfter'), value: count('after_work'), bad: false },
    { name: t('tileAway'), value: count('away'), bad: false },
  ];
  return (
    <dl className="tiles">
      {tiles.map((tile) => (
        <div key={tile.name} className={tile.bad ? 'tile bad' : 'tile'}>
          <dt>{tile.name}</dt>
          <dd>
            {tile.bad && <span aria-hidden="true">▲ </span>}
            {tile.value}
          </dd>
        </div>
      ))}
    </dl>
  );
}
