import type { KeyRecord, LaneRecord, Records, SeriesPoint } from "../../engine/store.ts";
import { storedState } from "./memory-commit.ts";
import { type LaneRow, monitorName, type StateRow, type Tables } from "./memory-tables.ts";
import { page } from "./page.ts";
import type { Status } from "./status.ts";

interface Sequenced {
  readonly sequence: number;
}

export function memoryRecords(tables: Tables): Omit<Records, "onChange"> {
  return {
    async signals(query) {
      const rows = take(tables.signals.values(), query.newest ? "newest" : "oldest", query, ({ signal }) =>
        matches(signal, { monitor: query.monitor, key: query.key, kind: query.kind }),
      );
      const found = page(rows, query.limit, cursor, (row) => row.signal);
      return { ...found, cursors: rows.map(cursor) };
    },
    async episodes(query) {
      const rows = take(tables.episodes.values(), "newest", query, ({ episode }) =>
        matches(episode, { monitor: query.monitor, key: query.key, state: query.state }),
      );
      return page(rows, query.limit, cursor, (row) => row.episode);
    },
    async episode(id) {
      return tables.episodes.get(id)?.episode ?? null;
    },
    async keys(query) {
      const states = tables.monitors.get(monitorName(query.run, query.monitor))?.states ?? new Map<string, StateRow>();
      const rows = [...states]
        .filter(
          ([key, state]) =>
            (query.status === undefined || state.status === query.status) &&
            (query.search === undefined || key.includes(query.search)) &&
            (query.after === undefined || compareKeys(key, query.after) > 0),
        )
        .sort(([a], [b]) => compareKeys(a, b))
        .slice(0, query.limit);
      return page(
        rows,
        query.limit,
        ([key]) => key,
        ([key, state]) => keyRecord(key, state),
      );
    },
    async key(run, monitor, key) {
      const state = tables.monitors.get(monitorName(run, monitor))?.states.get(key);
      return state === undefined ? null : { ...storedState(key, state), ...keyRecord(key, state) };
    },
    async keyCounts(run, monitor) {
      const counts: Record<Status, number> = { learning: 0, steady: 0, warning: 0, drifting: 0 };
      for (const state of tables.monitors.get(monitorName(run, monitor))?.states.values() ?? []) counts[state.status]++;
      return counts;
    },
    async series(run, monitor, key, limit) {
      const points = tables.monitors.get(monitorName(run, monitor))?.series.get(key) ?? [];
      return points
        .slice(Math.max(0, points.length - limit))
        .map(({ from, to, time, ratio }): SeriesPoint => ({ key, from, to, time, ratio }));
    },
    async seriesSpan(run, monitor, key, { from, to }, most) {
      const all = tables.monitors.get(monitorName(run, monitor))?.series.get(key) ?? [];
      const points = all
        .filter((point) => point.to >= from && point.from <= to)
        .map((point): SeriesPoint => ({ key, from: point.from, to: point.to, time: point.time, ratio: point.ratio }));
      return points.length <= most ? points : stretched(points, most);
    },
    async lanes(run) {
      return [...tables.lanes.values()]
        .filter((lane) => lane.run === run)
        .map(laneRecord)
        .sort((a, b) => compare(a.monitor, b.monitor) || compare(a.topic, b.topic) || a.partition - b.partition);
    },
  };
}

/** Each point belongs to the stretch in which it ends. */
function stretched(points: readonly SeriesPoint[], most: number): SeriesPoint[] {
  const [first, last] = [points[0]!.to, points.at(-1)!.to];
  const stretches = new Map<number, SeriesPoint>();
  for (const point of points) {
    const at = Math.floor(((point.to - first) * most) / (last - first + 1));
    const known = stretches.get(at);
    stretches.set(
      at,
      known === undefined
        ? point
        : { ...point, from: known.from, time: point.time ?? known.time, ratio: Math.max(known.ratio, point.ratio) },
    );
  }
  return [...stretches.values()];
}

/** By sequence, from the cursor on in the direction asked for. */
export function take<Row extends Sequenced>(
  rows: Iterable<Row>,
  direction: "oldest" | "newest",
  query: { readonly after?: string; readonly limit: number },
  wanted: (row: Row) => boolean,
): Row[] {
  const after = query.after === undefined ? null : Number(query.after);
  const found: Row[] = [];
  for (const row of direction === "oldest" ? rows : [...rows].reverse()) {
    if (found.length === query.limit) break;
    if (after !== null && (direction === "oldest" ? row.sequence <= after : row.sequence >= after)) continue;
    if (wanted(row)) found.push(row);
  }
  return found;
}

export function matches<T extends object>(item: T, wanted: { readonly [K in keyof T]?: T[K] | undefined }): boolean {
  for (const name in wanted) if (wanted[name] !== undefined && item[name] !== wanted[name]) return false;
  return true;
}

export function cursor(row: Sequenced): string {
  return String(row.sequence);
}

/** Order of UTF-8 bytes, as a database with the "C" collation has it. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8")) || compare(a, b);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function keyRecord(key: string, state: StateRow): KeyRecord {
  const { events, status, ratio, time } = state;
  return { key, partition: state.lane.partition, events, status, ratio, time };
}

function laneRecord(lane: LaneRow): LaneRecord {
  const { run, monitor, topic, partition, epoch, identity, nextOffset, committedAt } = lane;
  return { run, monitor, topic, partition, epoch, identity, nextOffset, committedAt };
}
