/** What the main chart shows, free of drawing: points, marks and the change between events and time. */

export interface Point {
  readonly from: number;
  readonly to: number;
  /** Epoch milliseconds, or null where events carry no time. */
  readonly time: number | null;
  readonly ratio: number;
}

/** An alarm as the chart shows it; indices are accepted events of the key. */
export interface Mark {
  readonly id: string;
  readonly alarm: number;
  readonly end: number | null;
  readonly endWord: string;
  readonly onset: { readonly index: number; readonly low: number; readonly high: number } | null;
  readonly chosen: boolean;
}

/** Something that a person or the detector did on the way: drawn as a small mark at the foot of the chart. */
export interface Moment {
  readonly index: number;
  readonly kind: "seen" | "reference";
  readonly word: string;
}

export type Axis = "events" | "time";

/** Below this the level is drawn at the floor: evidence near zero has no meaning of its own. */
const LOWEST = 1e-3;

/** `other`: a line that must be in sight too. */
export function yRange(points: readonly Point[], other: number | null = null): [number, number] {
  let low = Math.min(0.1, other ?? 1);
  let high = Math.max(3, other ?? 1);
  for (const { ratio } of points) {
    if (ratio > LOWEST && ratio < low) low = ratio;
    if (ratio > high) high = ratio;
  }
  return [Math.max(LOWEST, 10 ** Math.floor(Math.log10(low))), high * 1.9];
}

export interface Newest {
  readonly events: number;
  readonly ratio: number;
  readonly time: number | null;
  readonly alarms: readonly { readonly index: number; readonly time: number | null }[];
}

/**
 * The stored points without the silence of learning, parted where alarms were raised, and on to where the key stands.
 * A point is the highest level of its stretch; that an alarm came at its event says that the line was reached there
 * and not before, so the curve goes through it.
 */
export function curveOf(points: readonly Point[], { events, ratio, time, alarms }: Newest): readonly Point[] {
  const stretches = points.slice(
    Math.max(
      0,
      points.findIndex((point) => point.ratio > 0),
    ),
  );
  const last = points[points.length - 1];
  const from = last === undefined ? 0 : last.to + 1;
  if (from < events && ratio > 0) stretches.push({ from, to: events - 1, time, ratio });
  const rising = [...alarms].sort((a, b) => a.index - b.index);
  return stretches.flatMap((stretch) => {
    const known = stretch.from < from;
    const inside = rising.filter(
      ({ index }) => index >= stretch.from && index < stretch.to && !(known && stretch.ratio < 1),
    );
    const parts: Point[] = [];
    let start = stretch.from;
    for (const { index, time: at } of inside) {
      parts.push({ from: start, to: index, time: at ?? stretch.time, ratio: 1 });
      start = index + 1;
    }
    return [...parts, { ...stretch, from: start }];
  });
}

/** Columns for the chart: x ascending, y at least the floor. */
export function columns(points: readonly Point[], axis: Axis, floor: number): [number[], number[]] {
  const xs: number[] = [];
  const ys: number[] = [];
  for (const point of points) {
    const x = axis === "events" ? point.to : point.time === null ? null : point.time / 1000;
    if (x === null) continue;
    xs.push(xs.length > 0 ? Math.max(x, xs[xs.length - 1]!) : x);
    ys.push(Math.max(point.ratio, floor));
  }
  return [xs, ys];
}

export function hasTime(points: readonly Point[]): boolean {
  return points.length > 0 && points.every((point) => point.time !== null);
}

/** A pause so much longer than usual between two points: the events of the later one came at its end. */
const PAUSE = 20;
const pauses = new WeakMap<readonly Point[], number>();

function pauseOf(points: readonly Point[]): number {
  let pause = pauses.get(points);
  if (pause === undefined) {
    const gaps = points.slice(1).map((point, i) => (point.time ?? 0) - (points[i]!.time ?? 0));
    pause = PAUSE * (gaps.sort((a, b) => a - b)[gaps.length >> 1] ?? 0);
    pauses.set(points, pause);
  }
  return pause;
}

/** Time of an event, between the times of the points around it; null outside of what is known. */
export function timeOf(points: readonly Point[], index: number): number | null {
  const first = points[0];
  if (first === undefined || index < first.from) return null;
  const at = nearest(points, index);
  const point = points[at]!;
  const before = points[at - 1];
  if (point.to < index) return null;
  if (before === undefined || point.time === null || before.time === null) return point.time;
  const gap = point.time - before.time;
  if (gap > pauseOf(points)) return point.time;
  return before.time + (gap * (index - before.to)) / (point.to - before.to);
}

/** Place of an event on the chosen axis; events before the first point are put at the left end. */
export function placeOf(points: readonly Point[], index: number, axis: Axis): number | null {
  if (axis === "events") return index;
  const first = points[0];
  const last = points[points.length - 1];
  if (first === undefined || last === undefined) return null;
  const time = index < first.from ? first.time : (timeOf(points, index) ?? last.time);
  return time === null ? null : time / 1000;
}

/** The point that holds an event, or the nearest one. */
export function nearest(points: readonly Point[], index: number): number {
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.to < index) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low);
}

/** The accepted events of a stretch of the axis; null: none of the points ends in it. */
export function eventsWithin(
  points: readonly Point[],
  [min, max]: readonly [number, number],
  axis: Axis,
): { readonly from: number; readonly to: number } | null {
  const inside = points.filter((point) => {
    const x = axis === "events" ? point.to : point.time === null ? null : point.time / 1000;
    return x !== null && x >= min && x <= max;
  });
  const [first, last] = [inside[0], inside.at(-1)];
  return first === undefined || last === undefined ? null : { from: first.from, to: last.to };
}
