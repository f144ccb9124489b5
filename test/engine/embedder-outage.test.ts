import { expect, test } from "vitest";
import { createCpuTensors } from "../../adapters/tensors/cpu.ts";
import { shortText } from "../../detectors/short-text/short-text.ts";
import type { Detector, Embedder, Model } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { remains, start } from "./harness.ts";

const DIM = 16;

/** Vectors by topic, with a little of each text's own. `fails` says of each request whether it goes wrong. */
function embedderWith(fails: (call: number) => boolean): { embedder: Embedder; calls: () => number } {
  let call = 0;
  return {
    calls: () => call,
    embedder: {
      kind: "external",
      identity: "test",
      dim: DIM,
      async embed(texts) {
        call += 1;
        if (fails(call)) throw new TidegaugeError("EMBEDDER_UNAVAILABLE", { url: "http://test", why: "it is away" });
        const out = new Float32Array(texts.length * DIM);
        texts.forEach((text, i) => {
          const [topic, own] = text.split(" ").map(Number) as [number, number];
          const row = out.subarray(i * DIM, (i + 1) * DIM);
          row[topic % DIM] = 0.9;
          row[(own * 7) % DIM]! += 0.2;
          row[(own * 3 + 1) % DIM]! += 0.15;
          const length = Math.hypot(...row);
          for (let j = 0; j < DIM; j++) row[j]! /= length;
        });
        return out;
      },
    },
  };
}

async function run(fails: (call: number) => boolean) {
  const { embedder, calls } = embedderWith(fails);
  const settings = { options: shortText.options.parse({}), reference: { first: 150 }, promise: 500, seed: 1 };
  const model = (await shortText.open(settings, { tensors: createCpuTensors(), embedder })) as Model;
  const { service, source, store } = await start({
    monitor: {
      detector: shortText as unknown as Detector,
      model,
      decode: createDecoder({ event: shortText.event, key: "/bot" }),
    },
    clock: { now: () => 0, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
  });
  const events = Array.from({ length: 900 }, (_, i) => {
    // Two keys, so that references come to an end in the middle of batches; later a topic that is new.
    const topic = i > 500 && i % 3 === 0 ? 9 : (i * 5) % 7;
    return { bot: i % 4 === 0 ? "b" : "a", text: `${topic} ${i}` };
  });
  await source.push(0, events);
  expect(source.halted).toEqual([]);
  source.end();
  await service.ended();
  await service.stop();
  return { left: await remains(store), calls: calls() };
}

test("an embedder that fails again and again delays events, drops none and changes nothing", async () => {
  const sound = await run(() => false);
  expect((sound.left as { signals: readonly unknown[] }).signals.length).toBeGreaterThan(0);
  for (const fails of [(call: number) => call % 3 !== 0, (call: number) => call > 3 && call < 25]) {
    const flaky = await run(fails);
    expect(flaky.calls).toBeGreaterThan(sound.calls);
    expect(flaky.left).toEqual(sound.left);
  }
});
