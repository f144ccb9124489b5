import { useId } from "preact/hooks";
import type { SeriesPointDto } from "../../../adapters/http/types.ts";

/** The recent level of evidence against the alarm line, on a log scale; where it stands above, it turns. */

const WIDTH = 300;
const HEIGHT = 54;
const PAD = 4;
const FLOOR = 0.02;

export interface Shade {
  readonly from: number;
  readonly to: number | null;
}

interface Props {
  points: readonly SeriesPointDto[];
  shade: Shade | null;
  label: string;
}

export function Sparkline({ points: all, shade, label }: Props) {
  const id = useId();
  const points = all.slice(
    Math.max(
      0,
      all.findIndex((point) => point.ratio > 0),
    ),
  );
  const first = points[0];
  const last = points[points.length - 1];
  if (first === undefined || last === undefined) return null;
  const top = Math.max(3, ...points.map((point) => point.ratio)) * 1.15;
  const y = (ratio: number) => {
    const part = Math.log(Math.max(ratio, FLOOR) / FLOOR) / Math.log(top / FLOOR);
    return HEIGHT - PAD - part * (HEIGHT - 2 * PAD);
  };
  const width = Math.max(1, last.to - first.to);
  const x = (index: number) => Math.min(1, Math.max(0, (index - first.to) / width)) * (WIDTH - 8);
  const line = points
    .map((point, i) => `${i === 0 ? "M" : "L"}${x(point.to).toFixed(1)} ${y(point.ratio).toFixed(1)}`)
    .join("");
  const level = y(1);
  const visible = shade !== null && (shade.to === null || shade.to > first.to);
  const from = visible ? Math.min(x(shade.from), WIDTH - 12) : 0;
  const to = visible ? (shade.to === null ? WIDTH - 8 : x(shade.to)) : 0;
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <defs>
        <linearGradient id={`${id}s`} gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="0" y2={HEIGHT}>
          <stop offset={level / HEIGHT} class="over" />
          <stop offset={level / HEIGHT} class="level" />
        </linearGradient>
        <linearGradient id={`${id}f`} gradientUnits="userSpaceOnUse" x1="0" y1="0" x2="0" y2={HEIGHT}>
          <stop offset={level / HEIGHT} class="over-fill" />
          <stop offset={level / HEIGHT} class="level-fill" />
        </linearGradient>
      </defs>
      {visible && <rect class="episode" x={from} y="0" width={Math.max(4, to - from)} height={HEIGHT} />}
      {visible && <rect class="episode-edge" x={from} y="0" width={Math.max(4, to - from)} height="2" />}
      <path d={`${line}L${x(last.to).toFixed(1)} ${HEIGHT}L0 ${HEIGHT}Z`} fill={`url(#${id}f)`} />
      <path class="alarm-line" d={`M0 ${level.toFixed(1)}H${WIDTH}`} />
      <path class="trace" d={line} stroke={`url(#${id}s)`} />
      <path class={last.ratio >= 1 ? "now over" : "now"} d={`M${x(last.to)} ${y(last.ratio)}h0.01`} />
    </svg>
  );
}
