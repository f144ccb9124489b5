/**
 * Many bots: as many references as keys, with less memory than they need together. Memory while it runs, speed, and what the
 * embedded store holds.
 *   DATASETS_DIR=… node --expose-gc --import tsx bench/short-text-keys.ts [--keys 20000] [--reference 300] [--after 20]
 *     [--megabytes 512] [--encoder given,hash]
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createStore } from "../adapters/store/index.ts";
import { createTensors } from "../adapters/tensors/create.ts";
import { shortText } from "../detectors/short-text/short-text.ts";
import { systemClock } from "../engine/clock.ts";
import type { Detector, Model } from "../engine/detector.ts";
import { silentLog } from "../engine/log.ts";
import { NO_METER } from "../engine/meter.ts";
import { createCounters, type Monitor } from "../engine/monitor.ts";
import { createService, type Service } from "../engine/service.ts";
import type { RawRecord, Source } from "../engine/source.ts";
import { createDecoder } from "../ingest/decode/decoder.ts";
import { type Corpus, loadCorpus } from "./short-text-clinc.ts";

const { values: args } = parseArgs({
  options: {
    keys: { type: "string", default: "20000" },
    reference: { type: "string", default: "300" },
    after: { type: "string", default: "20" },
    megabytes: { type: "string", default: "512" },
    encoder: { type: "string", default: "given,hash" },
  },
});
const [keys, first, after] = [Number(args.keys), Number(args.reference), Number(args.after)];
const partition = { topic: "bots", partition: 0 };
/** Keys that speak at the same time; then come the next ones, and in the end each of them once more. */
const TOGETHER = 50;

const corpus = loadCorpus();
if (corpus === null) console.warn("SKIPPED: set DATASETS_DIR to a folder with clinc150.json");
else for (const encoder of args.encoder.split(",")) await measure(corpus, encoder);

async function measure(corpus: Corpus, encoder: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tidegauge-keys-"));
  const store = createStore({ kind: "embedded", path: folder });
  await store.open();
  const options = shortText.options.parse({});
  const embedder = { kind: encoder === "hash" ? "hash" : "none" } as const;
  const settings = { options, reference: { first }, promise: 10_000, seed: 1 };
  const model = (await shortText.open(settings, { tensors: createTensors("auto"), embedder })) as Model;
  const monitor: Monitor = {
    run: "bench",
    name: "bots",
    detector: shortText as unknown as Detector,
    model,
    decode: createDecoder({ event: shortText.event }),
    routes: [],
    order: "key",
    from: "earliest",
    allowedLatenessMs: null,
    quietEvents: 1000,
    limits: { keys: 20_000, bytes: Number(args.megabytes) * 2 ** 20 },
    checkpoint: { events: 50_000, ms: 1000 },
    counters: createCounters(),
  };
  await store.registerMonitor("bench", { monitor: "bots", detector: "short-text", learntWith: {} });
  const memory: string[] = [];
  const source = feed(corpus, encoder, () => {
    global.gc?.();
    const inMemory = service.feeds().flatMap(({ intake }) => [...intake.lanes()].map(({ bank }) => bank.size()));
    memory.push(`${Math.round(process.memoryUsage().rss / 2 ** 20)} (${inMemory.join(" + ")})`);
    console.log(`${encoder}: ${monitor.counters.accepted} events, resident MiB (keys in memory) ${memory.at(-1)}`);
  });
  const service: Service = createService([{ source, monitors: [monitor], monitorsOf: () => [monitor] }], {
    run: "bench",
    store,
    meter: NO_METER,
    clock: systemClock,
    log: silentLog,
  });
  const cpu = process.cpuUsage();
  await service.start();
  await service.ended();
  const { user, system } = process.cpuUsage(cpu);
  await service.stop();
  await store.close();
  const events = monitor.counters.accepted;
  console.log(
    `${encoder}: ${keys} keys, ${events} events, ${Math.round((user + system) / events)} µs of CPU each; resident MiB (keys in memory) at each tenth, and when each key had come back: ${memory.join(", ")}; store ${Math.round(sizeOf(folder) / 2 ** 20)} MiB, ${Math.round(sizeOf(folder) / 1024 / keys)} KiB a key`,
  );
  rmSync(folder, { recursive: true, force: true });
}

function feed(corpus: Corpus, encoder: string, tenth: () => void): Source {
  return {
    description: "bots",
    partitionCount: async () => 1,
    async run(intake) {
      await intake.claim(partition, null);
      let offset = 0;
      const say = async (from: number, to: number, times: number): Promise<void> => {
        for (let n = 0; n < times; n += 4) {
          const records: RawRecord[] = [];
          for (let t = n; t < Math.min(times, n + 4); t++)
            for (let key = from; key < to; key++) records.push(record(corpus, encoder, key, t, offset++));
          await intake.deliver(partition, { records, nextOffset: offset });
        }
      };
      for (let from = 0; from < keys; from += TOGETHER) {
        await say(from, Math.min(keys, from + TOGETHER), first + after);
        if (Math.floor((10 * (from + TOGETHER)) / keys) > Math.floor((10 * from) / keys)) tenth();
      }
      // Each comes back from the store.
      await say(0, keys, 1);
      tenth();
      await intake.release(partition);
    },
    stop: async () => undefined,
  };
}

function record(corpus: Corpus, encoder: string, key: number, t: number, offset: number): RawRecord {
  const row = (key * 7919 + t * 104_729) % corpus.texts.length;
  const { dim, embeddings } = corpus;
  const bytes = Buffer.from(embeddings.buffer, embeddings.byteOffset + row * dim * 4, dim * 4);
  const event = { text: corpus.texts[row], ...(encoder === "hash" ? {} : { embedding: bytes.toString("base64") }) };
  return { offset, key: Buffer.from(`bot-${key}`), value: Buffer.from(JSON.stringify(event)), time: null };
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? sizeOf(path) : entry.isFile() ? statSync(path).size : 0);
  }, 0);
}
