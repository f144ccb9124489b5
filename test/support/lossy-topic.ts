import { setImmediate as breathe } from "node:timers/promises";
import { type Random, uniform } from "../../detectors/statistics/random.ts";
import type { Clock } from "../../engine/clock.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Rekey } from "../../engine/rekey.ts";
import type { RawRecord } from "../../engine/source.ts";
import { createRekey } from "../../ingest/kafka/rekey.ts";

/** An internal topic in memory, by partition, whose sends take a while. */
export interface LossyTopic {
  readonly random: Random;
  readonly log: RawRecord[][];
  /** Share of sends of which nothing is heard, whether they arrived or not. */
  lossy: number;
}

export function rekeyInto({ random, log, ...world }: LossyTopic, source: string, keyOf: Rekey["keyOf"]): Rekey {
  const settings = { partitions: null, replicationFactor: null, retentionMs: 1, recordBytes: 1 << 20 };
  const rekey = createRekey({ topic: INTERNAL, monitor: "m", source, ...settings }, keyOf, async () => ({
    async send(_, partition, records) {
      for (let ticks = uniform(random) * 4; ticks > 0; ticks--) await breathe();
      const lost = uniform(random) < world.lossy;
      if (lost && uniform(random) < 0.5)
        throw new TidegaugeError("SOURCE_UNAVAILABLE", { source: INTERNAL, why: "away" });
      const to = log[partition]!;
      for (const record of records) to.push({ ...record, offset: to.length, time: 1 });
      if (lost) throw new TidegaugeError("SOURCE_UNAVAILABLE", { source: INTERNAL, why: "no answer" });
    },
    async close() {},
  }));
  rekey.ready(log.length);
  return rekey;
}

export const INTERNAL = "internal";

/** No wait takes time, and `step` milliseconds pass at each look. */
export function hasty(step = 1): Clock {
  let now = 0;
  return { now: () => (now += step), sleep: async () => void (await breathe()) };
}
