import type { Part } from "../../engine/detector.ts";
import type { LaneClaim, LaneName, MonitorRecord, StoredState } from "../../engine/store.ts";
import { textArray } from "./binary-array.ts";
import type { Database, Row } from "./postgres-connection.ts";
import { fromText, toText } from "./safe-text.ts";
import { isSameMonitor } from "./same-monitor.ts";

export interface Lanes {
  registerMonitor(run: string, monitor: MonitorRecord): Promise<{ readonly stored: MonitorRecord | null }>;
  claim(lane: LaneName, identity: string | null): Promise<LaneClaim>;
  loadStates(lane: number, keys: readonly string[]): Promise<readonly StoredState[]>;
}

/** Inserts the monitor unless it is there, and answers its id either way. */
const MONITOR_ID =
  "insert into tidegauge.monitor (run, name) values ($1, $2) on conflict (run, name) do update set name = excluded.name returning id";

/**
 * One state after the other: a plan made while the table was empty or not yet analysed would otherwise run through all states
 * of the monitor at each call.
 */
const LOAD_STATES = `select s.key, s.parts, s.blob
  from (select (select monitor from tidegauge.lane where id = $1) as monitor, unnest($2::text[]) collate "C" as key) k
  cross join lateral (
    select key, parts, blob from tidegauge.state
    where monitor = k.monitor and key = k.key and lane = $1 offset 0
  ) s`;

const LOAD_PARTS = `select p.hash, p.bytes from (select unnest($2::text[]) collate "C" as hash) h
  cross join lateral (select hash, bytes from tidegauge.part where lane = $1 and hash = h.hash offset 0) p`;

export function createLanes(database: Database): Lanes {
  return {
    async registerMonitor(run, monitor) {
      const { rows } = await database.query({
        text: `insert into tidegauge.monitor as m (run, name, detector, learnt_with) values ($1, $2, $3, $4)
          on conflict (run, name) do update set detector = coalesce(m.detector, excluded.detector),
            learnt_with = coalesce(m.learnt_with, excluded.learnt_with)
          returning detector, learnt_with`,
        values: [toText(run), toText(monitor.monitor), toText(monitor.detector), JSON.stringify(monitor.learntWith)],
      });
      const stored: MonitorRecord = {
        monitor: monitor.monitor,
        detector: fromText(rows[0]!.detector as string),
        learntWith: rows[0]!.learnt_with as Readonly<Record<string, unknown>>,
      };
      return { stored: isSameMonitor(stored, monitor) ? null : stored };
    },

    async claim(lane, identity) {
      const monitor = await database.query({ text: MONITOR_ID, values: [toText(lane.run), toText(lane.monitor)] });
      const { rows } = await database.query({
        text: `insert into tidegauge.lane as l (monitor, topic, partition, identity, epoch) values ($1, $2, $3, $4, 1)
          on conflict (monitor, topic, partition) do update set epoch = l.epoch + 1,
            identity = coalesce(l.identity, excluded.identity)
          returning id, epoch, next_offset, cursor, identity`,
        values: [monitor.rows[0]!.id, toText(lane.topic), lane.partition, identity === null ? null : toText(identity)],
      });
      const row = rows[0]!;
      return {
        lane: row.id as number,
        epoch: Number(row.epoch),
        nextOffset: row.next_offset === null ? null : Number(row.next_offset),
        cursor: row.cursor as LaneClaim["cursor"],
        identity: row.identity === null ? null : fromText(row.identity as string),
      };
    },

    async loadStates(lane, keys) {
      if (keys.length === 0) return [];
      const { rows } = await database.query({
        name: "load_states",
        text: LOAD_STATES,
        values: [lane, textArray(keys)],
      });
      const hashes = new Set<string>();
      for (const row of rows) for (const hash of partHashes(row)) hashes.add(hash);
      if (hashes.size === 0) return rows.map((row) => storedState(row, new Map()));
      const parts = await database.query({
        name: "load_parts",
        text: LOAD_PARTS,
        values: [lane, textArray([...hashes])],
      });
      const bytes = partBytes(parts.rows);
      return rows.map((row) => storedState(row, bytes));
    },
  };
}

export function partBytes(rows: readonly Row[]): Map<string, Uint8Array> {
  return new Map(rows.map((row) => [fromText(row.hash as string), row.bytes as Uint8Array]));
}

export function partHashes(row: Row): readonly string[] {
  return row.parts === null ? [] : fromText(row.parts as string).split(",");
}

export function storedState(row: Row, bytes: ReadonlyMap<string, Uint8Array>): StoredState {
  const parts: Part[] = [];
  for (const hash of partHashes(row)) {
    const found = bytes.get(hash);
    if (found !== undefined) parts.push({ hash, bytes: found });
  }
  return { key: fromText(row.key as string), blob: row.blob as Uint8Array, parts };
}
