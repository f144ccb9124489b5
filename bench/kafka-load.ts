import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startKafka } from "../test/support/kafka.ts";
import { startPostgres } from "../test/support/postgres.ts";
import { type RunningService, startTidegauge } from "../test/support/service.ts";
import { numericEvents } from "./kafka-events.ts";
import { cpuOf, residentMiB } from "./process-cpu.ts";

/**
 * The service under a steady stream: CPU per event of the service and of PostgreSQL, how long an event waits for its
 * decision and for its commit, memory in quarters of the run.
 *   node --import tsx bench/kafka-load.ts [--rate 1000] [--keys 1000] [--partitions 12] [--seconds 60] [--memory 20000]
 */
const { values } = parseArgs({
  options: {
    rate: { type: "string", default: "1000" },
    keys: { type: "string", default: "1000" },
    partitions: { type: "string", default: "12" },
    seconds: { type: "string", default: "60" },
    memory: { type: "string", default: "20000" },
    client: { type: "string", default: "kafkajs" },
  },
});
const [rate, keys, partitions, seconds] = [values.rate, values.keys, values.partitions, values.seconds].map(Number) as [
  number,
  number,
  number,
  number,
];
const TICK_MS = 50;
const folder = mkdtempSync(join(tmpdir(), "tg-load-"));
const kafka = await startKafka();
if ("skip" in kafka) throw new RangeError(kafka.skip);
const server = await startPostgres();
const topic = kafka.unique("load");
await kafka.createTopic(topic, partitions);
// The cap is for each partition; the member has it in all.
const perPartition = Math.max(1, Math.floor(Number(values.memory) / partitions));
const service = startTidegauge(
  `store: { kind: postgres, url: "${await server.database()}" }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${topic}, client: ${values.client} }
monitors:
  m:
    detector: numeric
    source: { kafka: { topic: ${topic} } }
    options: { algorithm: adwin }
    memory: { keys: ${perPartition} }
`,
  folder,
);
const pid = service.process.pid!;
try {
  await service.url;
  const stop = new AbortController();
  const sending = send(stop.signal);
  await sleep(10_000);
  const before = await snapshot();
  const resident: number[] = [];
  for (let i = 0; i < seconds; i++) {
    await sleep(1000);
    resident.push(residentMiB(pid));
  }
  const after = await snapshot();
  stop.abort();
  const late = await sending;
  const events = after.accepted - before.accepted;
  const per = (ms: number): string => ((1000 * ms) / events).toFixed(1);
  const quarters = [0.25, 0.5, 0.75, 1]
    .map((at) => resident[Math.ceil(at * resident.length) - 1]!.toFixed(0))
    .join(" ");
  const own = after.own - before.own;
  const postgres = after.postgres - before.postgres;
  console.log("events/s  keys     service µs  postgres µs  decision p50 p99 ms  commit p50 p99 ms  MiB at quarters");
  console.log(
    [
      String(Math.round(events / seconds)).padEnd(9),
      String(keys).padEnd(8),
      per(own).padEnd(11),
      per(postgres).padEnd(12),
      quantiles("event_to_decision_seconds", before, after).padEnd(20),
      quantiles("event_to_commit_seconds", before, after).padEnd(18),
      quarters,
    ].join(" "),
  );
  console.log(`the sender was at most ${late} ms behind its clock; lag at the end ${after.lag} records`);
} finally {
  await service.kill("SIGTERM");
  await server.stop();
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Each tick's events to their partitions, one partition per send. Returns how far it fell behind. */
async function send(stop: AbortSignal): Promise<number> {
  if ("skip" in kafka) return 0;
  const events = numericEvents(Number.POSITIVE_INFINITY, keys);
  const started = Date.now();
  let late = 0;
  for (let tick = 1; !stop.aborted; tick++) {
    const batches: string[][] = Array.from({ length: partitions }, () => []);
    for (let i = 0; i < (rate * TICK_MS) / 1000; i++) {
      const { key, value } = events.next().value!;
      batches[Number(key.slice(key.indexOf("-") + 1)) % partitions]!.push(value);
    }
    await Promise.all(
      batches.map((batch, partition) => (batch.length > 0 ? kafka.produce(topic, partition, batch) : null)),
    );
    const behind = Date.now() - started - tick * TICK_MS;
    late = Math.max(late, behind);
    if (behind < 0) await sleep(-behind);
  }
  return late;
}

interface Snapshot {
  readonly own: number;
  readonly postgres: number;
  readonly accepted: number;
  readonly lag: number;
  readonly text: string;
}

async function snapshot(): Promise<Snapshot> {
  const running: RunningService = service;
  const text = await (await fetch(`${await running.url}/metrics`)).text();
  const value = (name: string): number =>
    [...text.matchAll(new RegExp(`^tidegauge_${name}(?:\\{[^}]*\\})? (\\S+)`, "gm"))].reduce(
      (sum, m) => sum + Number(m[1]),
      0,
    );
  const { own, others } = cpuOf(server.pid);
  return {
    own: cpuOf(pid).own,
    postgres: own + others,
    accepted: value("events_accepted_total"),
    lag: value("consumer_lag_records"),
    text,
  };
}

/** Upper ends of the buckets that hold the median and the 99th percentile of what was measured in between. */
function quantiles(name: string, from: Snapshot, to: Snapshot): string {
  const buckets = (text: string) =>
    new Map(
      [...text.matchAll(new RegExp(`^tidegauge_${name}_bucket\\{.*?le="([^"]+)".*?\\} (\\S+)`, "gm"))].map((m) => [
        m[1]!,
        Number(m[2]),
      ]),
    );
  const before = buckets(from.text);
  const counts = [...buckets(to.text)].map(([le, count]) => [le, count - (before.get(le) ?? 0)] as const);
  const all = counts.at(-1)?.[1] ?? 0;
  const at = (share: number): string => {
    const bucket = counts.find(([, count]) => count >= share * all)?.[0] ?? "+Inf";
    return `≤ ${(Number(bucket) * 1000).toFixed(0)}`;
  };
  return `${at(0.5)} ${at(0.99)}`;
}
