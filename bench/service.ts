import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRandom, uniform } from "../detectors/statistics/random.ts";
import { startKafka } from "../test/support/kafka.ts";
import { COLUMNS, measureService } from "./measure-service.ts";

/**
 * CPU of the running service and of its PostgreSQL per numeric event, from the first record to the last commit.
 *   node --import tsx bench/service.ts [--events 1000000] [--from file,kafka] [--keys 1,10000] [--algorithm adwin]
 * Limits: from Kafka ≤ 10 µs with 1 key and ≤ 20 µs with 10,000 keys, from a file ≤ 8 µs.
 */
const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    from: { type: "string", default: "file,kafka" },
    keys: { type: "string", default: "1,10000" },
    algorithm: { type: "string", default: "adwin,calibrated" },
    memory: { type: "string", default: "20000" },
  },
});
const events = Number(values.events);
const folder = mkdtempSync(join(tmpdir(), "tg-bench-"));
const kafka = values.from.includes("kafka") ? await startKafka() : null;

console.log(`from      keys     algorithm   ${COLUMNS}`);
try {
  for (const keys of values.keys.split(",").map(Number)) {
    for (const algorithm of values.algorithm.split(","))
      for (const from of values.from.split(",")) await measure(from, keys, algorithm);
  }
} finally {
  if (kafka && !("skip" in kafka)) await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(from: string, keys: number, algorithm: string): Promise<void> {
  const place = mkdtempSync(join(folder, `${from}-${keys}-`));
  const source = from === "file" ? fileOf(place, keys) : await topicOf(keys);
  if (source === null) return;
  const config = `${source.top}
monitors:
  m:
    detector: numeric
    source: ${source.monitor}
    options: { algorithm: ${algorithm} }
    memory: { keys: ${values.memory} }
`;
  const row = await measureService(place, config, events);
  console.log(`${from.padEnd(9)} ${String(keys).padEnd(8)} ${algorithm.padEnd(11)} ${row}`);
}

/** 195 bytes each, as services send them. */
function* lines(keys: number): Generator<string> {
  const random = createRandom("bench", keys);
  for (let i = 0; i < events; i++) {
    const key = `tenant-${Math.floor(uniform(random) * keys)}`;
    const value = (uniform(random) + uniform(random) + uniform(random)).toFixed(6);
    const head = `{"key":"${key}","value":${value},"id":"${i}","service":"checkout","region":"eu-west-1","trace":"`;
    yield `${head}${"a".repeat(Math.max(0, 195 - head.length - 2))}"}`;
  }
}

function fileOf(place: string, keys: number): { top: string; monitor: string } {
  const path = join(place, "events.ndjson");
  const file = openSync(path, "w");
  let chunk: string[] = [];
  for (const line of lines(keys)) {
    if (chunk.push(line) < 10_000) continue;
    writeSync(file, `${chunk.join("\n")}\n`);
    chunk = [];
  }
  if (chunk.length > 0) writeSync(file, `${chunk.join("\n")}\n`);
  closeSync(file);
  return { top: "", monitor: `{ file: { path: ${path} } }` };
}

async function topicOf(keys: number): Promise<{ top: string; monitor: string } | null> {
  if (!kafka || "skip" in kafka) {
    console.log(`kafka     skipped: ${kafka ? kafka.skip : "not asked for"}`);
    return null;
  }
  const topic = kafka.unique("bench");
  await kafka.createTopic(topic, 1);
  let batch: string[] = [];
  for (const line of lines(keys)) {
    if (batch.push(line) < 4000) continue;
    await kafka.produce(topic, 0, batch);
    batch = [];
  }
  if (batch.length > 0) await kafka.produce(topic, 0, batch);
  return {
    top: `kafka: { brokers: ["${kafka.brokers[0]}"], group: bench-${topic} }`,
    monitor: `{ kafka: { topic: ${topic} } }`,
  };
}
