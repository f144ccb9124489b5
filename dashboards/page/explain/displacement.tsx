import { formatCount, formatNumber } from "../parts/format.ts";
import type { Displacement as Moves } from "./read-moved.ts";

const WIDTH = 340;
const HEIGHT = 120;
const LEFT = 44;
const BOTTOM = 20;
/** Below it a model stands still; the scale is logarithmic. */
const LEAST = 1e-5;

/** How far the model moved, over time, on a logarithmic scale, with the line that alarms. */
export function Displacement({ moves: { points, threshold } }: { moves: Moves }) {
  const values = points.map(({ value }) => Math.max(LEAST, value));
  const low = Math.log10(Math.min(...values, threshold ?? Number.POSITIVE_INFINITY)) - 0.1;
  const high = Math.log10(Math.max(...values, threshold ?? 0)) + 0.1;
  const [from, to] = [points[0]!.index, points.at(-1)!.index];
  const x = (index: number) => LEFT + ((index - from) / Math.max(1, to - from)) * (WIDTH - LEFT - 6);
  const y = (value: number) => 6 + ((high - Math.log10(Math.max(LEAST, value))) / (high - low)) * (HEIGHT - BOTTOM - 6);
  const line = points.map(
    ({ index, value }, i) => `${i === 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`,
  );
  const ticks = decades(low, high);
  const now = points.at(-1)!.value;
  return (
    <figure class="displacement">
      <figcaption class="quiet small">
        How far the model moved over 100 labels: {formatNumber(now)} now
        {threshold === null ? "; its alarm line is being learnt" : `, alarm line ${formatNumber(threshold)}`}
      </figcaption>
      <svg
        class="bands"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`Displacement of the model from event ${from} to ${to}; the caption has the newest number`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <path class="grid" d={`M${LEFT} ${y(tick)}H${WIDTH - 6}`} />
            <text x={LEFT - 6} y={y(tick) + 4} text-anchor="end">
              {tick}
            </text>
          </g>
        ))}
        {threshold !== null && <path class="limit" d={`M${LEFT} ${y(threshold)}H${WIDTH - 6}`} />}
        <path class="moves" d={line.join("")} />
        <text x={LEFT} y={HEIGHT - 4}>
          {formatCount(from)}
        </text>
        <text x={WIDTH - 6} y={HEIGHT - 4} text-anchor="end">
          event {formatCount(to)}
        </text>
      </svg>
    </figure>
  );
}

function decades(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let e = Math.ceil(low); e <= high; e++) ticks.push(10 ** e);
  return ticks.map((tick) => Number(tick.toPrecision(1)));
}
