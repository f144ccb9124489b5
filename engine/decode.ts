import type { Patience } from "./patience.ts";
import type { Rejection } from "./rejection.ts";
import type { RawRecord } from "./source.ts";

export interface Decoded {
  readonly key: string;
  readonly event: unknown;
  /** Event time, epoch milliseconds: the pointer, else the record's timestamp, else null. */
  readonly time: number | null;
  readonly id: string | null;
}

/** Bytes to a validated event of one monitor. Null: a tombstone. Never throws. */
export type Decode = (record: RawRecord) => Decoded | Rejection | null;

/** Rejects with a retryable TidegaugeError when what is needed cannot be had just now. */
export type BeforeDecode = (records: readonly RawRecord[], from: number, to: number) => Promise<void> | null;

/** What decoding records [from, to) needs is here when this resolves. */
export async function bringSchemas(
  before: BeforeDecode | null | undefined,
  records: readonly RawRecord[],
  from: number,
  to: number,
  retrying: Patience["retrying"],
): Promise<void> {
  // The first try is under way; another one asks anew.
  let waiting = before?.(records, from, to) ?? null;
  if (waiting === null) return;
  await retrying(async () => {
    const now = waiting ?? before!(records, from, to);
    waiting = null;
    await now;
  });
}
