import type { Rejection } from "./rejection.ts";
import type { RawRecord } from "./source.ts";

/**
 * How a monitor's records reach lanes in which each key stands on one partition: a stage per partition of the source
 * writes them, as they came, to an internal topic that is keyed by the monitor's key; the monitor's lanes read that one.
 */
export interface Rekey {
  /** The internal topic. */
  readonly topic: string;
  /** Its partitions, once it is there; rejects with why it cannot be used. */
  partitions(): Promise<number>;
  /** Decodes as far as the key. Null: a tombstone. */
  keyOf(record: RawRecord): string | Rejection | null;
  partitionOf(key: string, partitions: number): number;
  /** To one partition, in this order; resolves when every in-sync replica has all of them. Retryable where that helps. */
  write(partition: number, records: readonly Rekeyed[]): Promise<void>;
  /** A record of the internal topic as it came to the source, at its offset of the internal topic. */
  restore(record: RawRecord): RawRecord;
}

export interface Rekeyed {
  readonly record: RawRecord;
  /** Its key, or why it has none: it goes along, to become a dead letter where its neighbours become events. */
  readonly key: string | Rejection;
  readonly from: { readonly topicId: string; readonly partition: number };
  /** A dead letter that a person wants fed again: its sequence. */
  readonly again?: number;
}

/** Where a re-keyed record stood in the source. */
export interface Origin {
  readonly topicId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Fed again as this dead letter: whether that was done is told by the letter's state, not by its place. */
  readonly again?: number;
}

/** Highest offset of each partition of the source that was applied. */
export type Applied = Record<number, number>;

/**
 * Whether the record was there before; if not, it counts as applied from now on. What one partition of the source sends
 * here comes in its order, each once or again: whoever writes begins where every earlier record was acknowledged, waits for
 * the acknowledgement of each before the next, and leaves none out. So a record that is met for the first time is always
 * higher than all before it, also where an owner that was replaced still writes beside the new one.
 */
export function appliedBefore(applied: Applied, { partition, offset }: Origin): boolean {
  if (offset <= (applied[partition] ?? -1)) return true;
  applied[partition] = offset;
  return false;
}
