import type { RawRecord } from "../../../engine/source.ts";
import type { AbortedTransaction, FetchedBatch, RawFetch } from "./batch.ts";
import { decompress } from "./codecs.ts";
import { crc32c } from "./crc32c.ts";
import { readRecords } from "./record-reader.ts";

/** Offset and length, which the length does not count. */
const PREFIX = 12;
const HEADER = 61;
/** The checksum covers what follows it. */
const CHECKED = 21;
const FORMAT = 2;
/** Pieces are at least so large when there is so much: a batch is never split. */
const PIECE_BYTES = 1 << 20;

/**
 * The records of a fetch, in pieces of about a MiB, decompressed as they are asked for. Aborted and control records are
 * left out, those before the asked offset too. What cannot be read ends it, and is said in the last piece: only this
 * partition is concerned.
 */
export function* readFetch(fetch: RawFetch): Generator<FetchedBatch> {
  const { records: data, highWatermark } = fetch;
  const committed = transactions(fetch.aborted);
  let asked = fetch.askedOffset;
  let next = asked;
  let records: RawRecord[] = [];
  let bytes = 0;
  const piece = (poison: FetchedBatch["poison"]): FetchedBatch => {
    const made = { askedOffset: asked, records, nextOffset: next, highWatermark, poison };
    asked = next;
    records = [];
    bytes = 0;
    return made;
  };
  for (let at = 0; data.length - at >= PREFIX; ) {
    const length = data.readInt32BE(at + 8);
    const end = at + PREFIX + length;
    // A response may be cut within its last batch, never within its first one.
    if (length >= HEADER - PREFIX && end > data.length && at > 0) break;
    const batch = data.subarray(at, Math.min(end, data.length));
    at = end;
    let offset = asked;
    try {
      if (length < HEADER - PREFIX || end > data.length) throw new RangeError("a record batch is cut off");
      const head = readHead(batch);
      offset = Math.max(head.offset, fetch.askedOffset);
      const plain = committed(head, batch) ? decompress(head.codec, batch.subarray(HEADER)) : null;
      if (plain !== null) {
        readRecords(plain, head.count, head, fetch.askedOffset, records);
        bytes += plain.length;
      }
      next = Math.max(next, head.lastOffset + 1);
    } catch (error) {
      // What was read of the batch goes before the complaint.
      next = Math.max(next, (records.at(-1)?.offset ?? -1) + 1);
      yield piece({ offset: Math.max(offset, next), why: reason(error) });
      return;
    }
    if (bytes >= PIECE_BYTES) yield piece(null);
  }
  if (next > asked || records.length > 0) yield piece(null);
}

interface Head {
  readonly offset: number;
  readonly lastOffset: number;
  readonly codec: number;
  readonly time: number;
  readonly appendTime: number | null;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly producerId: bigint;
  readonly count: number;
}

function readHead(batch: Buffer): Head {
  const format = batch[16]!;
  if (format !== FORMAT) throw new RangeError(`its record format is ${format}, not ${FORMAT} (Kafka 0.11 and newer)`);
  if (batch.readUInt32BE(17) !== crc32c(batch.subarray(CHECKED))) throw new RangeError("its checksum is wrong");
  const attributes = batch.readInt16BE(21);
  const offset = int64(batch, 0);
  return {
    offset,
    lastOffset: offset + batch.readInt32BE(23),
    codec: attributes & 7,
    time: int64(batch, 27),
    appendTime: attributes & 8 ? int64(batch, 35) : null,
    transactional: (attributes & 16) !== 0,
    control: (attributes & 32) !== 0,
    producerId: batch.readBigInt64BE(43),
    count: batch.readInt32BE(57),
  };
}

/** Exact up to 2⁵³, which no offset and no time reaches. */
function int64(data: Buffer, at: number): number {
  return data.readInt32BE(at) * 2 ** 32 + data.readUInt32BE(at + 4);
}

/** Whether the records of a batch count, asked batch by batch in order. */
function transactions(aborted: readonly AbortedTransaction[]): (head: Head, batch: Buffer) => boolean {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  return (head, batch) => {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= head.lastOffset) open.add(waiting.shift()!.producerId);
    if (!head.control) return !(head.transactional && open.has(head.producerId));
    if (isAbort(batch)) open.delete(head.producerId);
    return false;
  };
}

/** A control record's key is its version and its type: 0 aborts. */
function isAbort(batch: Buffer): boolean {
  const records: RawRecord[] = [];
  readRecords(batch.subarray(HEADER), 1, { offset: 0, time: 0, appendTime: null }, 0, records);
  const key = records[0]?.key;
  return key != null && key.length >= 4 && (key as Buffer).readInt16BE(2) === 0;
}

function reason(error: unknown): string {
  return (error as Error).message.slice(0, 200);
}
