import type { Part } from "../../engine/detector.ts";
import type { NotificationState } from "../../engine/outbox.ts";
import type { Signal } from "../../engine/signal.ts";
import type {
  CommandRecord,
  Commit,
  DeadLetterRecord,
  Episode,
  InboxRecord,
  LaneName,
  MonitorRecord,
  Notification,
  SeriesPoint,
} from "../../engine/store.ts";
import type { Status } from "./status.ts";

export interface Aged {
  /** Wall clock of the last write. */
  at: number;
}

export interface LaneRow extends LaneName {
  readonly lane: number;
  identity: string | null;
  epoch: number;
  nextOffset: number | null;
  cursor: Commit["cursor"];
  committedAt: number | null;
  /** Parts by hash, and how many keys use each. */
  readonly parts: Map<string, { readonly part: Part; readonly keys: Set<string> }>;
}

export interface StateRow extends Aged {
  readonly lane: LaneRow;
  blob: Uint8Array;
  parts: readonly string[];
  events: number;
  status: Status;
  ratio: number;
  time: number | null;
}

export interface MonitorRow {
  readonly run: string;
  readonly name: string;
  record: MonitorRecord | null;
  readonly states: Map<string, StateRow>;
  readonly series: Map<string, (SeriesPoint & Aged)[]>;
}

export interface OutboxRow extends Notification {
  readonly sequence: number;
  readonly createdAt: number;
  state: NotificationState;
  attempts: number;
  nextAt: number;
  error: string | null;
  foldedInto: string | null;
  finishedAt: number | null;
}

export interface CommandRow extends CommandRecord {
  appliedAt: number | null;
}

export interface DeadLetterRow extends Aged {
  readonly sequence: number;
  letter: DeadLetterRecord;
  /** Null: told, or not to be told. */
  topicOut: string | null;
  topicOutAt: number;
}

/** Everything that the store knows. Maps keep the order of insertion, which is the order of commits. */
export interface Tables {
  sequence: number;
  readonly monitors: Map<string, MonitorRow>;
  readonly lanes: Map<number, LaneRow>;
  readonly signals: Map<string, Aged & { readonly sequence: number; readonly signal: Signal }>;
  readonly episodes: Map<string, Aged & { readonly sequence: number; episode: Episode }>;
  readonly deadLetters: Map<string, DeadLetterRow>;
  readonly outbox: Map<string, OutboxRow>;
  readonly inbox: Map<string, { next: number; records: InboxRecord[] }>;
  readonly commands: Map<number, CommandRow>;
}

export function emptyTables(): Tables {
  return {
    sequence: 0,
    monitors: new Map(),
    lanes: new Map(),
    signals: new Map(),
    episodes: new Map(),
    deadLetters: new Map(),
    outbox: new Map(),
    inbox: new Map(),
    commands: new Map(),
  };
}

export function monitorName(run: string, name: string): string {
  return JSON.stringify([run, name]);
}

export function monitorRow(tables: Tables, run: string, name: string): MonitorRow {
  const id = monitorName(run, name);
  let row = tables.monitors.get(id);
  if (row === undefined) {
    row = { run, name, record: null, states: new Map(), series: new Map() };
    tables.monitors.set(id, row);
  }
  return row;
}

/** The key no longer uses the part; the last to leave takes it along. */
export function dropPart(lane: LaneRow, hash: string, key: string): void {
  const used = lane.parts.get(hash);
  used?.keys.delete(key);
  if (used?.keys.size === 0) lane.parts.delete(hash);
}
