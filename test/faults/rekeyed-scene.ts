import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import { type Random, uniform } from "../../detectors/statistics/random.ts";
import type { Rekey } from "../../engine/rekey.ts";
import type { RawRecord } from "../../engine/source.ts";
import { fromRekeyed } from "../../ingest/kafka/rekeyed.ts";
import type { TestKafka } from "../support/kafka.ts";
import type { Crew } from "./crew.ts";
import { positionsOf } from "./left-behind.ts";

/** What a fault may touch while events of a monitor `m` go through an internal topic. */
export interface RekeyedScene extends Crew {
  /** Through which events are keyed anew. */
  readonly internal: string;
  /** Records written to the internal topic so far, and up to where the source is committed, over all partitions. */
  progress(): Promise<{ readonly written: number; readonly committed: number }>;
  /** Uniform in [0, most) milliseconds. */
  rest(most: number): Promise<void>;
}

export function createScene(
  crew: Crew,
  kafka: TestKafka,
  client: pg.Pool,
  topics: { readonly topic: string; readonly internal: string },
  random: Random,
): RekeyedScene {
  const { topic, internal } = topics;
  const sum = (offsets: Iterable<number>) => [...offsets].reduce((a, b) => a + b, 0);
  return {
    ...crew,
    internal,
    async progress() {
      const ends = await kafka.admin.fetchTopicOffsets(internal);
      const positions = await positionsOf(client, "m", topic);
      return { written: sum(ends.map(({ high }) => Number(high))), committed: sum(positions.values()) };
    },
    rest: (most) => sleep(uniform(random) * most),
  };
}

/** Until something of the topic was committed. */
export async function untilMoving(client: pg.Pool, topic: string, told: () => string): Promise<void> {
  for (const until = Date.now() + 60_000; ; await sleep(50)) {
    if ((await positionsOf(client, "m", topic).catch(() => new Map())).size > 0) return;
    if (Date.now() > until) throw new RangeError(`nothing of ${topic} was taken within 60 s\n${told()}`);
  }
}

/** Until all of these records of the topic are committed. */
export async function untilThrough(
  client: pg.Pool,
  topic: string,
  records: ReadonlyMap<number, readonly RawRecord[]>,
  told: () => string,
): Promise<void> {
  const wanted = endsOf(records);
  for (const until = Date.now() + 120_000; ; await sleep(100)) {
    const at = await positionsOf(client, "m", topic);
    if ([...wanted].every(([partition, next]) => (at.get(partition) ?? 0) >= next)) return;
    if (Date.now() > until)
      throw new RangeError(
        `${topic} stands at ${JSON.stringify([...at])}, not ${JSON.stringify([...wanted])}\n${told()}`,
      );
  }
}

export function endsOf(records: ReadonlyMap<number, readonly RawRecord[]>): Map<number, number> {
  return new Map([...records].map(([partition, list]) => [partition, list.at(-1)!.offset + 1]));
}

/** The port, for whoever only reads what was written. */
export function readingOnly(topic: string, source: string): Rekey {
  const never = () => {
    throw new TypeError("the oracle writes nothing");
  };
  return {
    topic,
    partitions: never,
    keyOf: never,
    partitionOf: never,
    write: never,
    restore: (record) => fromRekeyed(record, source),
  };
}
