import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { numeric } from "../../detectors/numeric/numeric.ts";
import { createRandom, uniform } from "../../detectors/statistics/random.ts";
import type { Detector, Model } from "../../engine/detector.ts";
import type { Monitor } from "../../engine/monitor.ts";
import type { RawRecord } from "../../engine/source.ts";
import type { Store } from "../../engine/store.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { remains, start } from "./harness.ts";

const KEYS = 6;

/** All keys change at event 400 of theirs, one after another. */
function events(): unknown[] {
  const random = createRandom("shared promise");
  return Array.from({ length: KEYS * 700 }, (_, i) => {
    const [key, n] = [i % KEYS, Math.floor(i / KEYS)];
    const value = uniform(random) + uniform(random) + uniform(random) + (n >= 400 + 40 * key ? 0.6 : 0);
    return { key: `k${key}`, value };
  });
}

function monitorOf(): Partial<Monitor> {
  const options = numeric.options.parse({ dependence: "none" });
  const settings = { options, reference: { first: 300 }, promise: 100_000, seed: 1, shared: true };
  return {
    detector: numeric as unknown as Detector,
    model: numeric.open(settings, undefined as never) as Model,
    decode: createDecoder({ event: numeric.event }),
    shared: { kind: "discoveries", rate: 0.1, events: 10_000 },
    checkpoint: { events: 97, ms: Number.POSITIVE_INFINITY },
  };
}

async function through(store: Store, batch: number, stopEvery: number): Promise<unknown> {
  const log = new Map<number, RawRecord[]>();
  const all = events();
  for (let i = 0; i < all.length; i += stopEvery) {
    const { source, service } = await start({ store, log, batch, monitor: monitorOf() });
    await source.push(0, all.slice(i, i + stopEvery));
    await service.stop();
  }
  return remains(store);
}

test("an alarm of one key makes those of the others easier, whatever the batches and however often it is stopped", async () => {
  const store = createMemoryStore();
  const whole = await through(store, 64, 1e9);
  const { items } = await store.signals({ kind: "drift", limit: 100 });
  const thresholds = items.map((s) => s.threshold!);
  expect(items.map((s) => s.key)).toEqual(["k0", "k1", "k2", "k3", "k4", "k5"]);
  // 10,000 / .1 / (alarms so far + 1), where the alarms were not in the same block of the stream.
  expect(thresholds[0]).toBe(100_000);
  expect(thresholds.at(-1)).toBeLessThan(100_000 / 4);
  expect(await through(createMemoryStore(), 7, 611)).toEqual(whole);
  expect(await through(createMemoryStore(), 2_000, 1_733)).toEqual(whole);
});
