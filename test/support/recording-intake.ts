import assert from "node:assert/strict";

import { TidegaugeError } from "../../engine/errors.ts";
import type { Claim, Cursor, Intake, PartitionId, RecordBatch } from "../../engine/source.ts";

export interface Taken {
  readonly offset: number;
  readonly key: string | null;
  readonly value: string | null;
  readonly time: number | null;
}

/** An intake that keeps what it is given and, like the engine, its positions: to be shared by restarts and members. */
export interface Positions {
  readonly next: Map<string, { epoch: number; nextOffset: number | null; cursor: Cursor | null }>;
}

export interface RecordingIntake extends Intake {
  readonly taken: Map<string, Taken[]>;
  readonly claims: { readonly at: string; readonly identity: string | null; readonly claim: Claim }[];
  readonly released: string[];
  readonly halted: { readonly at: string; readonly error: TidegaugeError }[];
  readonly batches: RecordBatch[];
  readonly gaps: { readonly at: string; readonly from: number; readonly to: number }[];
  readonly watermarks: Map<string, number>;
  values(at: string): (string | null)[];
}

export interface RecordingOptions {
  readonly positions?: Positions;
  /** Runs before a batch is taken: to wait, to stop, or to refuse. */
  readonly before?: (at: string, batch: RecordBatch) => void | Promise<void>;
}

export function createPositions(): Positions {
  return { next: new Map() };
}

export function nameOf({ topic, partition }: PartitionId): string {
  return `${topic}[${partition}]`;
}

export function createRecordingIntake(options: RecordingOptions = {}): RecordingIntake {
  const positions = options.positions ?? createPositions();
  const epochs = new Map<string, number>();
  const intake: RecordingIntake = {
    taken: new Map(),
    claims: [],
    released: [],
    halted: [],
    batches: [],
    gaps: [],
    watermarks: new Map(),
    values: (at) => (intake.taken.get(at) ?? []).map((record) => record.value),
    async claim(partition, identity) {
      const at = nameOf(partition);
      const row = positions.next.get(at) ?? { epoch: 0, nextOffset: null, cursor: null };
      positions.next.set(at, { ...row, epoch: row.epoch + 1 });
      epochs.set(at, row.epoch + 1);
      const claim = { nextOffset: row.nextOffset, cursor: row.cursor };
      intake.claims.push({ at, identity, claim });
      return claim;
    },
    async deliver(partition, batch) {
      const at = nameOf(partition);
      await options.before?.(at, batch);
      const epoch = epochs.get(at) ?? 0;
      if (positions.next.get(at)?.epoch !== epoch) throw new TidegaugeError("FENCED", { lane: at, epoch });
      intake.batches.push(batch);
      const taken = intake.taken.get(at) ?? [];
      intake.taken.set(at, taken);
      for (const { offset, key, value, time } of batch.records) {
        taken.push({ offset, key: textOf(key), value: textOf(value), time });
      }
      const row = positions.next.get(at)!;
      positions.next.set(at, { ...row, nextOffset: batch.nextOffset, cursor: batch.cursor ?? row.cursor });
    },
    async release(partition) {
      intake.released.push(nameOf(partition));
    },
    highWatermark(partition, offset) {
      intake.watermarks.set(nameOf(partition), offset);
    },
    halt(partition, error) {
      intake.halted.push({ at: nameOf(partition), error });
    },
    gap(partition, from, to) {
      intake.gaps.push({ at: nameOf(partition), from, to });
    },
  };
  return intake;
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString("utf8");
}

export async function until(what: string, holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) assert.fail(`waited ${timeoutMs} ms for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
