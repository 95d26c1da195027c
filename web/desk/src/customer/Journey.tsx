import { day } from '@madoguchi/shared';
import { useTexts, useView } from '../view/use.ts';
import { useCalled } from './called.ts';
import { type Step, type Stop, stopsOf, wayOf } from './journey.ts';
import { useTimeline } from './Timeline.tsx';

/** The way is drawn from so many touchpoints at most. */
const LIMIT = 200;
const ALL: readonly string[] = [];

/** Where in the relation the customer stands, and how they came there. */
export function Journey({ id, version }: { id: string; version: number }) {
  const t = useTexts();
  const [{ state, items: entries, next }] = useTimeline(id, ALL, LIMIT, version);
  const way = wayOf(entries);
  if (state !== 'ready') return <p className="empty">{t(state === 'failed' ? 'notLoaded' : 'loading')}</p>;
  return (
    <>
      <h2>{t('journeyLane')}</h2>
      <ol className="lane">
        {stopsOf(entries).map((stop) => (
          <LaneStop key={stop.stage} stop={stop} now={way.at(-1)?.stage === stop.stage} />
        ))}
      </ol>
      {way.length > 0 && (
        <>
          <h2>{t('journeyWay')}</h2>
          <ol className="way">
            {way.map((step) => (
              <WayStep key={`${step.from} ${step.stage}`} step={step} />
            ))}
          </ol>
        </>
      )}
      {next !== '' && <p className="hint">{t('journeyCut', { n: LIMIT })}</p>}
    </>
  );
}

function useSpan(): (from: number, to: number) => string {
  const t = useTexts();
  const { language } = useView().preferences;
  return (from, to) => {
    const [first, last] = [day(from, language), day(to, language)];
    return first === last ? first : t('journeySpan', { from: first, to: last });
  };
}

function LaneStop({ stop, now }: { stop: Stop; now: boolean }) {
  const t = useTexts();
  const span = useSpan();
  const been = stop.count > 0;
  return (
    <li data-been={been} aria-current={now ? 'step' : undefined}>
      <span className="lane-mark" aria-hidden="true" />
      <strong>{t(`stage_${stop.stage}`)}</strong>
      <span className="lane-count">{been ? t('journeyTimes', { n: stop.count }) : t('journeyNever')}</span>
      {been && <span className="lane-span">{span(stop.first, stop.last)}</span>}
    </li>
  );
}

function WayStep({ step }: { step: Step }) {
  const t = useTexts();
  const span = useSpan();
  const called = useCalled();
  return (
    <li>
      <strong>{t(`stage_${step.stage}`)}</strong> <span>{step.kinds.map(called.kind).join(t('comma'))}</span>{' '}
      <span className="hint">
        {t('journeyTimes', { n: step.count })} {span(step.from, step.to)}
      </span>
    </li>
  );
}
