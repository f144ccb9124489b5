import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { CLIENTS } from "../ingest/kafka.ts";
import { CLUSTER_FAULTS } from "../test/faults/cluster-faults.ts";
import { type FaultResult, throughFault } from "../test/faults/disturbed.ts";
import { FAULTS, type Fault } from "../test/faults/faults.ts";
import { saidTwice } from "../test/faults/left-behind.ts";
import { startKafka } from "../test/support/kafka.ts";
import { startKafkaCluster } from "../test/support/kafka-cluster.ts";
import { startPostgres } from "../test/support/postgres.ts";

/**
 * The fault table: members over four partitions of a real broker, one fault after the other, each compared with a
 * single-threaded reference run over what kcat reads.
 *   node --import tsx bench/faults.ts [--rounds 20] [--first 0] [--only kill] [--clients kafkajs,platformatic] [--cluster]
 * With --cluster: the faults of brokers, over three. What a round left that was not as expected is kept in a file.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    /** Rounds differ by their number alone: so a row can be run in pieces. */
    first: { type: "string", default: "0" },
    only: { type: "string", default: "" },
    clients: { type: "string", default: Object.keys(CLIENTS).join() },
    cluster: { type: "boolean", default: false },
  },
});
const folder = mkdtempSync(join(tmpdir(), "tg-faults-"));
const cluster = values.cluster ? await startKafkaCluster() : null;
const kafka = cluster ?? (await startKafka());
if ("skip" in kafka) throw new RangeError(kafka.skip);
const faults: readonly Fault[] =
  cluster === null
    ? FAULTS
    : CLUSTER_FAULTS.map(({ name, disturb }) => ({ name, disturb: (scene) => disturb(scene, cluster) }));
const server = await startPostgres();
console.log("client        rounds  equal  noticed  signals  lost  twice  settled p95 s  fault");
try {
  for (const fault of faults.filter((f) => f.name.includes(values.only)))
    for (const client of values.clients.split(",")) await row(fault, client as keyof typeof CLIENTS);
} finally {
  await server.stop();
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
// A client whose brokers were killed goes on looking for them.
process.exit();

async function row(fault: Fault, client: keyof typeof CLIENTS): Promise<void> {
  if ("skip" in kafka) return;
  const settled: number[] = [];
  const rounds = Number(values.rounds);
  let [equal, noticed, signals, lost, twice] = [0, 0, 0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const { disturb, lines } = fault;
    const replication = cluster === null ? 1 : 3;
    const seed = 100 + Number(values.first) + round;
    try {
      const result = await throughFault({ folder, kafka, server, client, seed, disturb, lines, replication });
      const { left, oracle, logs } = result;
      const have = new Set(left.signals.map((s) => s.id));
      const missing = oracle.signals.filter((s) => !have.has(s.id)).length;
      const same = isDeepStrictEqual(left, oracle);
      if (!same || missing > 0 || saidTwice(left) > 0) keep(`${client}, round ${round}: ${fault.name}`, result);
      equal += same ? 1 : 0;
      noticed += fault.noticed === undefined || fault.noticed.test(logs.join()) ? 1 : 0;
      signals += oracle.signals.length;
      lost += missing;
      twice += saidTwice(left);
      settled.push(result.settledMs / 1000);
    } catch (error) {
      // A round that never ends its work is one that is not equal.
      console.error(`${client}, round ${round}: ${fault.name}\n${(error as Error).stack}`);
    }
  }
  if (equal < rounds || lost > 0 || twice > 0) process.exitCode = 1;
  settled.sort((a, b) => a - b);
  const p95 = settled[Math.min(settled.length - 1, Math.floor(settled.length * 0.95))] ?? Number.NaN;
  const cells = [client, rounds, equal, noticed, signals, lost, twice, p95.toFixed(1)];
  console.log(`${cells.map((c, i) => String(c).padEnd([14, 8, 7, 9, 9, 6, 7, 15][i]!)).join("")}${fault.name}`);
}

function keep(what: string, result: FaultResult): void {
  const path = join(mkdtempSync(join(tmpdir(), "tg-fault-")), "round.json");
  writeFileSync(path, JSON.stringify(result, null, 1));
  console.error(`${what}: see ${path}`);
}
