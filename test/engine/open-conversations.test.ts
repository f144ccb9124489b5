import { expect, test } from "vitest";
import { createMemoryStore } from "../../adapters/store/memory.ts";
import { contextDrift } from "../../detectors/context-drift/context-drift.ts";
import { openModel } from "../../detectors/context-drift/model.ts";
import type { State } from "../../detectors/context-drift/state.ts";
import type { Detector, Model, Settings } from "../../engine/detector.ts";
import { createIntake } from "../../engine/intake.ts";
import { silentLog } from "../../engine/log.ts";
import { NO_METER } from "../../engine/meter.ts";
import { createCounters, type Monitor } from "../../engine/monitor.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { hasty } from "../support/lossy-topic.ts";

const KEYS = 100;
const ROUNDS = 12;
const NEW_A_ROUND = 10;
const MEBIBYTE = 2 ** 20;

test("open conversations of many keys take the memory of the limit, not of their number, and none is ended for it", async () => {
  const store = createMemoryStore();
  const options = contextDrift.options.parse({});
  const settings: Settings<typeof options> = { options, reference: null, promise: null, seed: 1 };
  const monitor: Monitor = {
    run: "test",
    name: "m",
    detector: contextDrift as unknown as Detector,
    model: openModel(settings) as Model,
    decode: createDecoder({ event: contextDrift.event, key: "/model" }),
    routes: [],
    order: "key",
    from: "earliest",
    allowedLatenessMs: null,
    quietEvents: 1000,
    limits: { keys: 20_000, bytes: MEBIBYTE },
    checkpoint: { events: 500, ms: Number.POSITIVE_INFINITY },
    counters: createCounters(),
  };
  const context = { run: "test", store, meter: NO_METER, clock: hasty(), log: silentLog, onCommit: () => {} };
  const intake = createIntake(
    () => [monitor],
    context,
    () => {},
  );
  const id = { topic: "t", partition: 0 };
  await intake.claim(id, "t");
  const [lane] = [...intake.lanes()];
  const openIn = () => [...lane!.bank.entries()].reduce((sum, e) => sum + (e.state as State).open.slotOf.size, 0);
  let offset = 0;
  const most: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let highest = 0;
    for (let k = 0; k < KEYS; k++) {
      const records = Array.from({ length: NEW_A_ROUND * 2 }, (_, i) => {
        const event = { model: `k${k}`, conversation: `${round}-${i >> 1}`, divergence: 1 + i };
        return { offset: offset++, key: null, value: Buffer.from(JSON.stringify(event)), time: null };
      });
      await intake.deliver(id, { records, nextOffset: offset });
      highest = Math.max(highest, openIn());
    }
    most.push(highest);
  }
  await intake.flush();
  // 12,000 are open in all; once the limit is reached no more stand in memory, however many there are.
  const all = KEYS * ROUNDS * NEW_A_ROUND;
  expect(most.at(-1)!).toBeLessThan(all / 3);
  expect(most.at(-1)!).toBeLessThan(1.5 * most[ROUNDS / 2]!);
  for (let k = 0; k < KEYS; k++) {
    const stored = await lane!.bank.find(1, `k${k}`);
    const state = stored?.state as State | undefined;
    expect(state?.open.slotOf.size ?? -1).toBe(ROUNDS * NEW_A_ROUND);
    expect(state!.quality.evicted).toBe(0);
  }
}, 60_000);
