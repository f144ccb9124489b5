import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Log } from "../../engine/log.ts";
import type { Claim, Intake, PartitionId, RecordBatch } from "../../engine/source.ts";
import type { Bounds } from "./port.ts";
import type { FetchedBatch } from "./records/batch.ts";

const MOST_QUEUED = 2;
/** Beyond this wait for room the partition is paused, so that others of the same fetch go on. */
const PATIENCE_MS = 500;
const RETRY_MS = 1000;

export interface FeedOptions {
  readonly id: PartitionId;
  readonly intake: Intake;
  readonly log: Log;
  /** Of this partition, in the client. It is paused when the feed is made. */
  pause(): void;
  resume(): void;
  seek(offset: number): void;
  bounds(fresh?: boolean): Promise<Bounds>;
  /** Where to begin when no position is stored. */
  beginning(bounds: Bounds): Promise<number>;
  identity(): Promise<string | null>;
  /** Told once when ownership was lost. */
  fenced(): void;
  /** What cannot be mended and is not this partition's alone. */
  fatal(error: unknown): void;
}

/** Refused: it was not taken, and the client may have been sent elsewhere. */
export type Offered = "more" | "full" | "refused";

type State = "claiming" | "running" | "fenced" | "halted" | "ended";

/** One partition in one generation of the group: claim, order, backpressure, release. */
export interface PartitionFeed {
  /** Claims once `ready`, then lets the client fetch from the position. */
  begin(ready: Promise<unknown>): void;
  /** The client's next batch; resolves when there is room for more, or with "full" once the partition was paused. */
  offer(batch: FetchedBatch, heartbeat: () => Promise<void>): Promise<Offered>;
  /** Halts it behind what it has in hand. */
  refuse(error: TidegaugeError): void;
  /** Takes no more; after the batch in hand the partition is released. */
  end(): Promise<void>;
  state(): State;
  /** The offset that comes next, and whether nothing is waiting to be processed. */
  progress(): { readonly expected: number; readonly idle: boolean };
}

export function createPartitionFeed(options: FeedOptions): PartitionFeed {
  const { id, intake, log } = options;
  const where = { topic: id.topic, partition: id.partition };
  const queue: (RecordBatch | TidegaugeError)[] = [];
  let state: State = "claiming";
  let claimed = false;
  let beginning: Promise<void> = Promise.resolve();
  let pumping: Promise<void> | null = null;
  let ending: Promise<void> | null = null;
  let expected = 0;
  let soughtBackTo: number | null = null;
  let paused = true;
  let madeRoom: (() => void) | null = null;
  const isIn = (wanted: State): boolean => state === wanted;

  function stand(next: "fenced" | "halted"): void {
    if (state === "ended") return;
    state = next;
    paused = true;
    options.pause();
    queue.length = 0;
    madeRoom?.();
  }

  function halt(error: TidegaugeError): void {
    stand("halted");
    intake.halt(id, error);
  }

  function fail(error: unknown): void {
    if (!(error instanceof TidegaugeError)) {
      stand("halted");
      options.fatal(error);
    } else if (error.code === "FENCED") {
      log.warn(error.message, where);
      stand("fenced");
      options.fenced();
    } else halt(error);
  }

  /** What can be tried again is, until it works or the partition is gone. */
  async function persist<T>(what: () => Promise<T>): Promise<T | null> {
    while (isIn("claiming")) {
      try {
        return await what();
      } catch (error) {
        if (error instanceof TidegaugeError && !error.retryable) throw error;
        if (isProgrammerError(error)) throw error;
        log.warn(`cannot begin yet: ${(error as Error).message}`, where);
        await sleep(RETRY_MS);
      }
    }
    return null;
  }

  async function claim(): Promise<void> {
    const identity = await persist(options.identity);
    const stored = await persist(() => {
      claimed = true;
      return intake.claim(id, identity);
    });
    if (stored === null) return;
    const start = await persist(() => findStart(stored));
    if (start === null || !isIn("claiming")) return;
    expected = start;
    state = "running";
    paused = false;
    options.seek(start);
    options.resume();
  }

  async function findStart({ nextOffset }: Claim): Promise<number> {
    const bounds = await options.bounds();
    intake.highWatermark(id, bounds.high);
    if (nextOffset === null) return options.beginning(bounds);
    if (nextOffset < bounds.low) {
      reportGap(nextOffset, bounds.low);
      return bounds.low;
    }
    if (nextOffset <= bounds.high) return nextOffset;
    // Just after a fail-over a broker may not know yet how far the others were.
    await sleep(RETRY_MS);
    const { high } = await options.bounds(true);
    if (nextOffset <= high) return nextOffset;
    throw new TidegaugeError("TOPIC_RECREATED", {
      monitor: `(each on ${id.topic})`,
      topic: `${id.topic}[${id.partition}]`,
      stored: `next offset ${nextOffset}`,
      now: `end ${high}`,
    });
  }

  function reportGap(from: number, to: number): void {
    intake.gap?.(id, from, to);
  }

  async function pump(): Promise<void> {
    while (queue.length > 0) {
      const item = queue.shift()!;
      if (item instanceof TidegaugeError) return halt(item);
      try {
        await intake.deliver(id, item);
      } catch (error) {
        return fail(error);
      }
      madeRoom?.();
      if (paused && isIn("running") && queue.length < MOST_QUEUED) {
        paused = false;
        options.resume();
      }
    }
  }

  function push(item: RecordBatch | TidegaugeError): void {
    queue.push(item);
    pumping ??= pump().finally(() => {
      pumping = null;
    });
  }

  async function room(heartbeat: () => Promise<void>): Promise<Offered> {
    const deadline = Date.now() + PATIENCE_MS;
    while (queue.length >= MOST_QUEUED && isIn("running")) {
      if (Date.now() >= deadline) {
        paused = true;
        options.pause();
        return "full";
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE_MS / 2);
        madeRoom = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      madeRoom = null;
      if (isIn("running")) await heartbeat();
    }
    return "more";
  }

  /** False: the batch is not what comes next, and the client was sent back for that. */
  async function isNext(batch: FetchedBatch): Promise<boolean> {
    if (batch.askedOffset <= expected) return true;
    if (soughtBackTo !== expected) {
      soughtBackTo = expected;
      options.seek(expected);
      return false;
    }
    const bounds = await options.bounds(true).catch(() => null);
    if (bounds === null) {
      options.seek(expected);
      return false;
    }
    if (bounds.low > expected) {
      reportGap(expected, bounds.low);
      expected = bounds.low;
    }
    return true;
  }

  return {
    begin(ready) {
      beginning = ready.then(claim).catch(fail);
    },
    async offer(batch, heartbeat) {
      if (!isIn("running")) return "refused";
      intake.highWatermark(id, batch.highWatermark);
      if (!(await isNext(batch)) || !isIn("running")) return "refused";
      const first = batch.records.findIndex((record) => record.offset >= expected);
      const records = first <= 0 ? (first < 0 ? [] : batch.records) : batch.records.slice(first);
      // Without records it may still go past some that are for nobody: control records, aborted transactions.
      if (records.length > 0 || batch.nextOffset > expected) {
        expected = Math.max(expected, batch.nextOffset);
        push({ records, nextOffset: expected });
      }
      if (batch.poison !== null) {
        push(new TidegaugeError("POISON_BATCH", { ...where, offset: batch.poison.offset, why: batch.poison.why }));
        return "full";
      }
      return room(heartbeat);
    },
    refuse(error) {
      if (isIn("running")) push(error);
    },
    end() {
      ending ??= (async () => {
        state = "ended";
        queue.length = 0;
        madeRoom?.();
        await beginning;
        await pumping;
        if (claimed) await intake.release(id);
      })().catch(options.fatal);
      return ending;
    },
    state: () => state,
    progress: () => ({ expected, idle: pumping === null && queue.length === 0 }),
  };
}

function isProgrammerError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}
