import type { ComponentChildren } from "preact";
import { formatNumber } from "../parts/format.ts";

const WIDTH = 340;
const HEIGHT = 190;

/** From values to places in the picture. */
export interface Scales {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  x(value: number): number;
  y(value: number): number;
}

interface Props {
  xs: readonly number[];
  ys: readonly number[];
  xLabel: string;
  label: string;
  children: (at: Scales) => ComponentChildren;
}

/** Axes of a small picture; what stands in it is the caller's. */
export function Frame({ xs, ys, xLabel, label, children }: Props) {
  const [x0, x1] = rangeOf(xs);
  const [y0, y1] = rangeOf(ys, 0.06);
  const at: Scales = {
    left: 44,
    right: WIDTH - 10,
    top: 8,
    bottom: HEIGHT - 30,
    x: (value) => round(44 + ((value - x0) / (x1 - x0)) * (WIDTH - 54)),
    y: (value) => round(HEIGHT - 30 - ((value - y0) / (y1 - y0)) * (HEIGHT - 38)),
  };
  return (
    <svg class="bands" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {ticksOf(y0, y1).map((tick) => (
        <g key={tick}>
          <path class="grid" d={`M${at.left} ${at.y(tick)}H${at.right}`} />
          <text x={at.left - 6} y={at.y(tick) + 4} text-anchor="end">
            {formatNumber(Number(tick.toPrecision(2)))}
          </text>
        </g>
      ))}
      {children(at)}
      <text x={at.left} y={HEIGHT - 4}>
        {formatNumber(x0)}
      </text>
      <text x={(at.left + at.right) / 2} y={HEIGHT - 4} text-anchor="middle">
        {xLabel}
      </text>
      <text x={at.right} y={HEIGHT - 4} text-anchor="end">
        {formatNumber(x1)}
      </text>
    </svg>
  );
}

/** The ends, and between them nothing itself where it is far enough from both, else the middle. */
function ticksOf(low: number, high: number): number[] {
  const apart = 0.12 * (high - low);
  if (low >= 0 || high <= 0) return [low, (low + high) / 2, high];
  return [low, 0, high].filter((tick) => tick === 0 || Math.abs(tick) >= apart);
}

function rangeOf(values: readonly number[], margin = 0): [number, number] {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const wide = high > low ? high - low : 1;
  return [low - margin * wide, (high > low ? high : low + 1) + margin * wide];
}

function round(x: number): number {
  return Math.round(x * 10) / 10;
}
