import type { RawRecord } from "../../../engine/source.ts";

/** What a fetch brought of one partition, or a piece of it, free of any client's types. */
export interface FetchedBatch {
  /** What was asked for: the fetch's offset, or where the piece before it ended. */
  readonly askedOffset: number;
  readonly records: readonly RawRecord[];
  /** After the last record, control records and aborted ones included. */
  readonly nextOffset: number;
  readonly highWatermark: number;
  /** The first batch that cannot be read; the records are those before it. */
  readonly poison: { readonly offset: number; readonly why: string } | null;
}

/** A partition's part of a fetch response, its records still as they came over the wire. */
export interface RawFetch {
  readonly askedOffset: number;
  readonly highWatermark: number;
  readonly aborted: readonly AbortedTransaction[];
  readonly records: Buffer;
}

/** Of a producer's records from firstOffset to its next abort marker nothing counts. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}
