import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Intake, PartitionId, Source } from "../../engine/source.ts";
import { type KafkaClient, type TopicReader, unavailable } from "./port.ts";
import type { RawFetch } from "./records/batch.ts";
import { readFetch } from "./records/record-set.ts";

/** Offsets [from, to) of a partition. */
export interface PartitionRange {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface RangeOptions {
  readonly client: KafkaClient;
  readonly topic: string;
  /** The topic's id: it is part of the signals' ids. */
  readonly identity: string | null;
  readonly ranges: readonly PartitionRange[];
  /** After so long without a record or an answer it gives up. Default one minute. */
  readonly patienceMs?: number;
}

const RETRY_MS = 500;

/**
 * A stretch of a topic as a stream with an end: partition after partition, so that two readings are the same to the last
 * order of signals. It is read beside every group.
 */
export function createRangeSource(options: RangeOptions): Source {
  const { client, topic, identity, ranges, patienceMs = 60_000 } = options;
  const stop = new AbortController();

  /** What stands at the offset; a number: everything before that is gone. */
  async function fetchPatiently(reader: TopicReader, partition: number, at: number): Promise<RawFetch | number> {
    for (const until = Date.now() + patienceMs; ; ) {
      try {
        const fetched = await reader.fetch(partition, at);
        if (stop.signal.aborted) return at;
        if (fetched !== null && fetched.records.length > 0) return fetched;
        const { low } = await client.cluster.bounds(topic, partition);
        if (fetched === null && low > at) return low;
        // Behind a transaction that is still open nothing is given out; a new leader may not know yet how far it is.
        if (Date.now() > until) throw unavailable(topic, `no records come at offset ${at} of partition ${partition}`);
        if (fetched === null) await sleep(RETRY_MS);
      } catch (error) {
        const again = error instanceof TidegaugeError && error.retryable && Date.now() < until;
        if (!again) throw error;
        await sleep(RETRY_MS, undefined, { signal: stop.signal }).catch(() => {});
        if (stop.signal.aborted) throw error;
      }
    }
  }

  async function readRange(reader: TopicReader, intake: Intake, range: PartitionRange): Promise<void> {
    const id: PartitionId = { topic, partition: range.partition };
    await intake.claim(id, identity);
    intake.highWatermark(id, range.to);
    for (let at = range.from; at < range.to && !stop.signal.aborted; ) {
      const fetched = await fetchPatiently(reader, range.partition, at);
      if (typeof fetched === "number") {
        const next = Math.min(fetched, range.to);
        if (next > at) intake.gap?.(id, at, next);
        at = next;
        continue;
      }
      for (const piece of readFetch(fetched)) {
        const records = piece.records.filter(({ offset }) => offset < range.to);
        at = Math.min(piece.nextOffset, range.to);
        await intake.deliver(id, { records, nextOffset: at });
        if (piece.poison !== null && piece.poison.offset < range.to)
          throw new TidegaugeError("POISON_BATCH", { ...id, ...piece.poison });
        if (at >= range.to || stop.signal.aborted) break;
      }
    }
    await intake.release(id);
  }

  return {
    description: `kafka topic ${topic}, a range`,
    partitionCount: async () => ranges.length,
    async run(intake) {
      const reader = await client.read(topic);
      try {
        for (const range of ranges) await readRange(reader, intake, range);
      } finally {
        await reader.close();
      }
    },
    async stop() {
      stop.abort();
    },
  };
}
