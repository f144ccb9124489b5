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

export type Axis = "events" | "time";

/** Below this the level is drawn at the floor: evidence near zero has no meaning of its own. */
const LOWEST = 1e-4;

export function yRange(points: readonly Point[]): [number, number] {
  let low = 0.1;
  let high = 3;
  for (const { ratio } of points) {
    if (ratio > LOWEST && ratio < low) low = ratio;
    if (ratio > high) high = ratio;
  }
  return [Math.max(LOWEST, 10 ** Math.floor(Math.log10(low))), high * 1.9];
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

/** Time of an event, between the times of the points around it; null outside of what is known. */
export function timeOf(points: readonly Point[], index: number): number | null {
  const first = points[0];
  if (first === undefined || index < first.from) return null;
  let before = first;
  for (const point of points) {
    if (point.to >= index) {
      if (point.time === null || before.time === null) return point.time;
      const width = point.to - before.to;
      const part = width > 0 ? Math.max(0, index - before.to) / width : 1;
      return before.time + part * (point.time - before.time);
    }
    before = point;
  }
  return null;
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
