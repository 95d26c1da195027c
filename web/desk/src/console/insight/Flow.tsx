import { STAGES } from '../../customer/types.ts';
import { useTexts } from '../../view/use.ts';
import { type Journeys, linesOf } from './journeys.ts';

const WIDTH = 720;
const HEIGHT = 220;
const GAP = WIDTH / STAGES.length;
const MIDDLE = HEIGHT / 2;
const HALF = 44;

const middleOf = (place: number): number => GAP * (place + 0.5);

/** The stages and the ways between them. A picture of the tables beside it, which have every figure. */
export function Flow({ journeys }: { journeys: Journeys }) {
  const t = useTexts();
  const most = Math.max(1, ...journeys.stages.map((one) => one.reached));
  const reached = (stage: string) => journeys.stages.find((one) => one.stage === stage)?.reached ?? 0;
  return (
    <svg className="flow" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      {linesOf(journeys.crossings).map(({ from, to, width, back }) => {
        const [a, b] = [middleOf(from), middleOf(to)];
        const height = 26 + 14 * Math.abs(to - from);
        const edge = back ? MIDDLE + 18 : MIDDLE - 18;
        const bow = back ? edge + height : edge - height;
        return (
          <path
            key={`${from} ${to}`}
            data-back={back}
            d={`M${a},${edge} C${a},${bow} ${b},${bow} ${b},${edge}`}
            strokeWidth={width}
          />
        );
      })}
      {STAGES.map((stage, place) => (
        <g key={stage}>
          <rect x={middleOf(place) - HALF} y={MIDDLE - 18} width={2 * HALF} height={36} rx={8} />
          <rect
            className="flow-bar"
            x={middleOf(place) - HALF}
            y={MIDDLE + 14}
            width={(2 * HALF * reached(stage)) / most}
            height={4}
          />
          <text x={middleOf(place)} y={MIDDLE - 4}>
            {t(`stage_${stage}`)}
          </text>
          <text className="flow-count" x={middleOf(place)} y={MIDDLE + 10}>
            {reached(stage)}
          </text>
        </g>
      ))}
    </svg>
  );
}
