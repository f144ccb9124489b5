/** A key's statistic over threshold, as long as the stream may be in bounded room: both extremes of every stretch are kept. */

/** The highest (or lowest) ratio over accepted events [from, to], at event `to`. */
export interface CurvePoint {
  readonly from: number;
  readonly to: number;
  /** Epoch milliseconds of event `to`, or null. */
  readonly time: number | null;
  readonly ratio: number;
}

interface Extreme {
  readonly index: number;
  readonly time: number | null;
  readonly ratio: number;
}

interface Stretch {
  from: number;
  to: number;
  time: number | null;
  low: Extreme;
  high: Extreme;
}

export interface Curve {
  /** Events per stretch, a power of two. */
  width: number;
  readonly stretches: Stretch[];
}

export function createCurve(): Curve {
  return { width: 1, stretches: [] };
}

/** `most`: stretches that may be kept; when there are more, neighbours become one. */
export function extendCurve(curve: Curve, index: number, time: number | null, ratio: number, most: number): void {
  const { stretches } = curve;
  const last = stretches.at(-1);
  const here = { index, time, ratio };
  if (last !== undefined && index - last.from < curve.width) {
    last.to = index;
    last.time = time;
    if (ratio > last.high.ratio) last.high = here;
    if (ratio <= last.low.ratio) last.low = here;
    return;
  }
  stretches.push({ from: index, to: index, time, low: here, high: here });
  while (stretches.length > Math.max(2, most)) halve(curve);
}

/** At most `most` points, ascending and without gaps: of every stretch its two extremes in the order in which they came. */
export function pointsOf(curve: Curve, most: number): readonly CurvePoint[] {
  const copy: Curve = { width: curve.width, stretches: curve.stretches.map((one) => ({ ...one })) };
  while (copy.stretches.length > Math.max(2, most >> 1)) halve(copy);
  const points: CurvePoint[] = [];
  let from = copy.stretches[0]?.from ?? 0;
  const put = (to: number, time: number | null, ratio: number) => {
    points.push({ from, to, time, ratio });
    from = to + 1;
  };
  for (const { to, time, low, high } of copy.stretches) {
    const [first, second] = low.index < high.index ? [low, high] : [high, low];
    if (first.index < second.index && first.index < to) put(first.index, first.time, first.ratio);
    put(to, time, second.ratio);
  }
  return points;
}

function halve(curve: Curve): void {
  const { stretches } = curve;
  curve.width *= 2;
  let kept = 0;
  for (const one of stretches) {
    const before = stretches[kept - 1];
    if (before !== undefined && one.to - before.from < curve.width) {
      before.to = one.to;
      before.time = one.time;
      if (one.high.ratio > before.high.ratio) before.high = one.high;
      if (one.low.ratio <= before.low.ratio) before.low = one.low;
    } else stretches[kept++] = one;
  }
  stretches.length = kept;
}
