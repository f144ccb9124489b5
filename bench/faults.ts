import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { CLUSTER_FAULTS } from "../test/faults/cluster-faults.ts";
import { throughFault } from "../test/faults/disturbed.ts";
import { FAULTS, type Fault } from "../test/faults/faults.ts";
import { saidTwice } from "../test/faults/left-behind.ts";
import { startKafka } from "../test/support/kafka.ts";
import { startKafkaCluster } from "../test/support/kafka-cluster.ts";
import { startPostgres } from "../test/support/postgres.ts";

/**
 * The fault table: members over four partitions of a real broker, one fault after the other, each compared with a
 * single-threaded reference run over what kcat reads.
 *   node --import tsx bench/faults.ts [--rounds 20] [--only kill] [--cluster]
 * With --cluster: the faults of brokers, over three.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    only: { type: "string", default: "" },
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
let failed = false;
console.log("rounds  equal  noticed  signals  lost  twice  settled p95 s  fault");
try {
  for (const fault of faults.filter((f) => f.name.includes(values.only))) {
    const settled: number[] = [];
    let [rounds, equal, noticed, signals, lost, twice] = [0, 0, 0, 0, 0, 0];
    for (; rounds < Number(values.rounds); rounds++) {
      const { disturb, lines } = fault;
      const result = await throughFault({
        folder,
        kafka,
        server,
        seed: 100 + rounds,
        disturb,
        lines,
        replication: cluster === null ? 1 : 3,
      });
      const have = new Set(result.left.signals.map((s) => s.id));
      equal += isDeepStrictEqual(result.left, result.oracle) ? 1 : 0;
      noticed += fault.noticed === undefined || fault.noticed.test(result.logs.join()) ? 1 : 0;
      signals += result.oracle.signals.length;
      lost += result.oracle.signals.filter((s) => !have.has(s.id)).length;
      twice += saidTwice(result.left);
      settled.push(result.settledMs / 1000);
    }
    failed ||= equal < rounds || lost > 0 || twice > 0;
    settled.sort((a, b) => a - b);
    const p95 = settled[Math.min(settled.length - 1, Math.floor(settled.length * 0.95))]!;
    const cells = [rounds, equal, noticed, signals, lost, twice, p95.toFixed(1)];
    console.log(`${cells.map((c, i) => String(c).padEnd([8, 7, 9, 9, 6, 7, 15][i]!)).join("")}${fault.name}`);
  }
} finally {
  await server.stop();
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
