import { TidegaugeError } from "./errors.ts";
import type { Patience } from "./patience.ts";
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
  /** Made by a lane of the source, not read there: its number among all that this lane made, from 0. */
  readonly ordinal?: number;
}

/** Where a re-keyed record stood in the source. */
export interface Origin {
  readonly topicId: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Fed again as this dead letter: whether that was done is told by the letter's state, not by its place. */
  readonly again?: number;
  /** Its number among those that a lane made there: several may stand at one offset. */
  readonly ordinal?: number;
}

/** Of each partition of the source the highest offset, or ordinal, that was applied. */
export type Applied = Record<number, number>;

/**
 * Whether the record was there before; if not, it counts as applied from now on. What one partition of the source sends
 * here comes in its order, each once or again: whoever writes begins where every earlier record was acknowledged, waits for
 * the acknowledgement of each before the next, and leaves none out. So a record that is met for the first time is always
 * higher than all before it, also where an owner that was replaced still writes beside the new one.
 */
export function appliedBefore(applied: Applied, { partition, offset, ordinal = offset }: Origin): boolean {
  if (ordinal <= (applied[partition] ?? -1)) return true;
  applied[partition] = ordinal;
  return false;
}

/** By partition of the internal topic. */
export type Groups = Map<number, Rekeyed[]>;

/**
 * Each partition's records until they are acknowledged: those that were are taken out and not written again. `wrote` is told
 * how many were.
 */
export function writeAll(
  rekey: Rekey,
  groups: Groups,
  retrying: Patience["retrying"],
  wrote: (records: number) => void,
): Promise<void> {
  return retrying(async () => {
    const waiting = [...groups];
    const outcomes = await Promise.allSettled(waiting.map(([to, records]) => rekey.write(to, records)));
    const failures = outcomes.flatMap((outcome, i) => {
      if (outcome.status === "rejected") return [outcome.reason as unknown];
      wrote(waiting[i]![1].length);
      groups.delete(waiting[i]![0]);
      return [];
    });
    if (failures.length > 0) throw failures.find((e) => !(e instanceof TidegaugeError && e.retryable)) ?? failures[0];
  });
}

/** States were learnt over so many partitions of the internal topic: with another number keys would be elsewhere. */
export function samePartitions(rekey: Rekey, monitor: string, partitions: number, before: unknown): void {
  if (before === undefined || before === partitions) return;
  throw new TidegaugeError("REPARTITION_TOPIC", {
    monitor,
    topic: rekey.topic,
    why: `it has ${partitions} partitions, and states were learnt over ${String(before)}: keys would move`,
    fix: `\`tidegauge reset --monitor ${monitor}\` deletes it and starts anew`,
  });
}
