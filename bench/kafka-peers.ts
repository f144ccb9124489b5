import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import pg from "pg";
import { positionsOf } from "../test/faults/left-behind.ts";
import { startKafka } from "../test/support/kafka.ts";
import { startPostgres, type TestPostgres } from "../test/support/postgres.ts";
import { type RunningService, startTidegauge } from "../test/support/service.ts";
import { eventsTopic } from "./kafka-events.ts";
import { cpuOf, residentMiB } from "./process-cpu.ts";

/**
 * CPU per 195-byte event from Kafka to a durable ADWIN state, ours beside what people build, on one broker and one
 * PostgreSQL server, states written every 50,000 events.
 *   PYTHON=… [QUIX_PYTHON=…] node --import tsx bench/kafka-peers.ts [--events 1000000] [--keys 1,10000] [--members 1,2] [--profile FOLDER]
 * PYTHON has confluent-kafka, orjson, river and psycopg2; QUIX_PYTHON quixstreams and river. Start-up is not counted.
 */
const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    keys: { type: "string", default: "1,10000" },
    members: { type: "string", default: "1,2" },
    clients: { type: "string", default: "kafkajs" },
    profile: { type: "string" },
  },
});
const events = Number(values.events);
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "tg-peers-"));
const kafka = await startKafka();
if ("skip" in kafka) throw new RangeError(kafka.skip);
const server = await startPostgres();

console.log("keys     program                             own µs  postgres µs  sum µs   MiB at most");
try {
  for (const keys of values.keys.split(",").map(Number)) {
    const partitions = keys === 1 ? 1 : 4;
    const topic = await eventsTopic(kafka, events, keys, partitions);
    for (const care of ["bare", "careful"])
      await peer(keys, `confluent-kafka + river, ${care}`, "PYTHON", "kafka-diy.py", topic, async () => [
        await server.database(),
        care,
      ]);
    for (const client of values.clients.split(","))
      for (const members of values.members.split(",").map(Number))
        if (members === 1 || partitions > 1) await ours(keys, topic, client, members, partitions);
    await peer(keys, "quixstreams", "QUIX_PYTHON", "kafka-quix.py", topic, async () => [join(folder, `quix-${keys}`)]);
  }
} finally {
  await server.stop();
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}

function row(keys: number, name: string, own: number, postgres: number, mib: string): void {
  const cell = (value: number) => value.toFixed(2).padStart(8);
  console.log(
    `${String(keys).padEnd(8)} ${name.padEnd(33)} ${cell(own)}  ${cell(postgres)}  ${cell(own + postgres)}   ${mib}`,
  );
}

async function peer(
  keys: number,
  name: string,
  variable: string,
  script: string,
  topic: string,
  more: () => Promise<readonly string[]>,
): Promise<void> {
  const python = process.env[variable];
  if (!python) return console.log(`${String(keys).padEnd(8)} ${name}: SKIPPED, ${variable} is not set`);
  if ("skip" in kafka) return;
  const args = [join(import.meta.dirname, script), kafka.brokers[0]!, topic, String(events), ...(await more())];
  const before = cpuOf(server.pid);
  const { stdout } = await run(python, args, { timeout: 3_000_000 });
  const after = cpuOf(server.pid);
  const [own, mib] = stdout.trim().split(" ").map(Number);
  row(keys, name, own!, (1000 * (sum(after) - sum(before))) / events, String(mib));
}

async function ours(keys: number, topic: string, client: string, members: number, partitions: number): Promise<void> {
  if ("skip" in kafka) return;
  const url = await server.database();
  const config = `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka: { brokers: ["${kafka.brokers[0]}"], group: ${kafka.unique("g")}, client: ${client} }
monitors:
  m:
    detector: numeric
    source: { kafka: { topic: ${topic} } }
    options: { algorithm: adwin }
    checkpoint: { events: 50000, seconds: 10 }
`;
  const before = sum(cpuOf(server.pid));
  const services: RunningService[] = [];
  const flags = values.profile ? ["--cpu-prof", `--cpu-prof-dir=${values.profile}`] : [];
  for (let i = 0; i < members; i++) services.push(startTidegauge(config, mkdtempSync(join(folder, "m-")), true, flags));
  // It listens just before it asks for its partitions.
  await Promise.all(services.map(({ url: listening }) => listening));
  const starting = services.reduce((total, { process }) => total + cpuOf(process.pid!).own, 0);
  let most = 0;
  const watch = setInterval(() => {
    for (const { process } of services) most = Math.max(most, residentMiB(process.pid!) || 0);
  }, 250);
  await untilDone(server, url, partitions);
  const own = services.reduce((total, { process }) => total + cpuOf(process.pid!).own, 0);
  clearInterval(watch);
  const postgres = sum(cpuOf(server.pid)) - before;
  for (const service of services) await service.kill("SIGTERM");
  const name = `ours, ${client}, ${members} member${members > 1 ? "s" : ""}`;
  row(keys, name, (1000 * (own - starting)) / events, (1000 * postgres) / events, most.toFixed(0));
}

async function untilDone(_: TestPostgres, url: string, partitions: number): Promise<void> {
  const client = new pg.Pool({ connectionString: url, max: 1 });
  client.on("error", () => undefined);
  for (;;) {
    const at = await positionsOf(client, "m").catch(() => new Map<number, number>());
    const total = [...at.values()].reduce((all, next) => all + next, 0);
    if (at.size === partitions && total >= events) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await client.end();
}

function sum({ own, others }: { readonly own: number; readonly others: number }): number {
  return own + others;
}
