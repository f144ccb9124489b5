import type { TidegaugeError } from "./errors.ts";
import type { Rejection } from "./rejection.ts";
import type { Origin } from "./rekey.ts";

/** One record as it came: bytes, nothing decoded. */
export interface RawRecord {
  /** Ascending within the partition; gaps are allowed. */
  readonly offset: number;
  readonly key: Uint8Array | null;
  /** Null: a tombstone; counted and passed over. */
  readonly value: Uint8Array | null;
  /** Where the value's bytes stand among others, for who reads them there: each view of them costs. Absent: in `value`. */
  readonly within?: Within | undefined;
  /** The record's own timestamp, epoch milliseconds, or null. */
  readonly time: number | null;
  /** In the order in which they were written; absent or null: none. */
  readonly headers?: readonly RecordHeader[] | null;
  /** Where it stood before its monitor keyed its events anew; absent: nowhere else. */
  readonly origin?: Origin;
  /** Why it has no key, found when it was to be keyed anew. */
  readonly refused?: Rejection;
}

export interface Within {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export interface RecordHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

export interface RecordBatch {
  readonly records: readonly RawRecord[];
  /** The offset after the last record (or after records that the source passed over). */
  readonly nextOffset: number;
  /** Opaque place in the source before the first record; kept beside the position and given back at claim. */
  readonly cursor?: Cursor;
}

export type Cursor = Readonly<Record<string, unknown>>;

export interface PartitionId {
  readonly topic: string;
  readonly partition: number;
}

export interface Claim {
  /** Lowest offset that any monitor on this partition still needs; null: none has a position, use `from`. */
  readonly nextOffset: number | null;
  readonly cursor: Cursor | null;
}

/** What a source hands its records to: the engine's side. Calls for one partition never overlap. */
export interface Intake {
  /** Takes ownership of the partition: epochs up, states dropped, positions read. `identity` tells a recreated stream. */
  claim(partition: PartitionId, identity: string | null): Promise<Claim>;
  /** Resolves when the batch was processed (not yet committed) and more may come: this is the backpressure. Rejects TidegaugeError FENCED when ownership was lost. */
  deliver(partition: PartitionId, batch: RecordBatch): Promise<void>;
  /** Ownership ends: commits what can be, drops states. */
  release(partition: PartitionId): Promise<void>;
  /** Highest offset known to the source plus one, for lag. */
  highWatermark(partition: PartitionId, offset: number): void;
  /** Records [from, to) are gone from the source (retention): counted and reported, the stream goes on at `to`. */
  gap?(partition: PartitionId, from: number, to: number): void;
  /** The partition can go no further; told to people, others go on. */
  halt(partition: PartitionId, error: TidegaugeError): void;
}

/** Where events come from. One value per stream; several monitors may share it. */
export interface Source {
  /** For people: kafka topic utterances, file events.ndjson. */
  readonly description: string;
  /** Partitions known at start; a monitor with a single key needs exactly one. */
  partitionCount(): Promise<number>;
  /** Runs until stop(), or until the stream's end where it has one; resolves then. Rejects on what cannot be mended. */
  run(intake: Intake): Promise<void>;
  /** run() may be called again after it rejected: it claims anew and reads from there. */
  readonly again?: boolean;
  /** Stops fetching; run() resolves after the batch in hand. The intake's final commits follow, then committed() calls stop. */
  stop(): Promise<void>;
  /** Told after each commit, best effort (lag tools, inbox trimming): lowest next offset of all monitors. */
  committed?(partition: PartitionId, nextOffset: number): void;
}
