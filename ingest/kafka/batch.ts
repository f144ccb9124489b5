import type { Batch } from "kafkajs";
import type { RawRecord } from "../../engine/source.ts";
import { poisonOf } from "./codecs.ts";

/** What one fetch brought of one partition, free of the client's types. */
export interface FetchedBatch {
  /** What the fetch asked for. */
  readonly askedOffset: number;
  readonly records: readonly RawRecord[];
  /** After the last record, control records and aborted ones included. */
  readonly nextOffset: number;
  readonly highWatermark: number;
  /** The first batch that cannot be read; the records are those before it. */
  readonly poison: { readonly offset: number; readonly why: string } | null;
}

export function toFetchedBatch(batch: Batch): FetchedBatch {
  const records: RawRecord[] = [];
  let poison: FetchedBatch["poison"] = null;
  for (const { offset, key, value, timestamp } of batch.messages) {
    const why = poisonOf(value);
    if (why !== null) {
      poison = { offset: Number(offset), why };
      break;
    }
    const time = Number(timestamp);
    records.push({ offset: Number(offset), key, value, time: time < 0 ? null : time });
  }
  const { fetchedOffset } = batch as Batch & { readonly fetchedOffset: string };
  return {
    askedOffset: Number(fetchedOffset),
    records,
    nextOffset: poison?.offset ?? Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
    poison,
  };
}
