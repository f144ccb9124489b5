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
 *   node --import tsx bench/faults.ts [--rounds 20] [--first 0] [--piece 5] [--only kill] [--only joins]
 *     [--clients kafkajs,platformatic] [--cluster] [--events 60000]
 * With --cluster: the faults of brokers, over three. All rows take `--piece` rounds in turn; each time a line says what a row
 * came to so far. What a round left that was not as expected is kept in a file.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    /** Rounds differ by their number alone: so a row can be run in pieces. */
    first: { type: "string", default: "0" },
    piece: { type: "string", default: "5" },
    /** Parts of names; what has one of them is run. */
    only: { type: "string", multiple: true, default: [""] },
    clients: { type: "string", default: Object.keys(CLIENTS).join() },
    cluster: { type: "boolean", default: false },
    /** Of a round. */
    events: { type: "string", default: "60000" },
  },
});

/** One fault over one client, so far. */
interface Row {
  readonly fault: Fault;
  readonly client: keyof typeof CLIENTS;
  readonly settledS: number[];
  rounds: number;
  equal: number;
  noticed: number;
  signals: number;
  lost: number;
  twice: number;
}

const folder = mkdtempSync(join(tmpdir(), "tg-faults-"));
const cluster = values.cluster ? await startKafkaCluster() : null;
const kafka = cluster ?? (await startKafka());
if ("skip" in kafka) throw new RangeError(kafka.skip);
const faults: readonly Fault[] =
  cluster === null
    ? FAULTS
    : CLUSTER_FAULTS.map(({ name, disturb }) => ({ name, disturb: (scene) => disturb(scene, cluster) }));
const server = await startPostgres();
const rows = faults
  .filter(({ name }) => values.only.some((part) => name.includes(part)))
  .flatMap((fault) => values.clients.split(",").map((client) => openRow(fault, client as keyof typeof CLIENTS)));
const [first, rounds, piece] = [Number(values.first), Number(values.rounds), Number(values.piece)];
console.log("client        rounds  equal  noticed  signals  lost  twice  settled p95 s  fault");
try {
  for (let from = first; from < first + rounds; from += piece)
    for (const row of rows) {
      for (let round = from; round < Math.min(from + piece, first + rounds); round++) await take(row, round);
      report(row);
    }
} finally {
  await server.stop();
  await kafka.stop();
  rmSync(folder, { recursive: true, force: true });
}
// A client whose brokers were killed goes on looking for them.
process.exit(rows.some(({ rounds, equal, lost, twice }) => equal < rounds || lost > 0 || twice > 0) ? 1 : 0);

function openRow(fault: Fault, client: keyof typeof CLIENTS): Row {
  return { fault, client, settledS: [], rounds: 0, equal: 0, noticed: 0, signals: 0, lost: 0, twice: 0 };
}

async function take(row: Row, round: number): Promise<void> {
  if ("skip" in kafka) return;
  const { fault, client } = row;
  const { disturb, lines } = fault;
  const replication = cluster === null ? 1 : 3;
  row.rounds += 1;
  try {
    const plan = { folder, kafka, server, client, disturb, lines, replication };
    const result = await throughFault({ ...plan, seed: 100 + round, events: Number(values.events) });
    const { left, oracle, logs } = result;
    const have = new Set(left.signals.map((s) => s.id));
    const missing = oracle.signals.filter((s) => !have.has(s.id)).length;
    const same = isDeepStrictEqual(left, oracle);
    if (!same || missing > 0 || saidTwice(left) > 0) keep(`${client}, round ${round}: ${fault.name}`, result);
    row.equal += same ? 1 : 0;
    row.noticed += fault.noticed === undefined || fault.noticed.test(logs.join()) ? 1 : 0;
    row.signals += oracle.signals.length;
    row.lost += missing;
    row.twice += saidTwice(left);
    row.settledS.push(result.settledMs / 1000);
  } catch (error) {
    // A round that never ends its work is one that is not equal.
    console.error(`${client}, round ${round}: ${fault.name}\n${(error as Error).stack}`);
    await mend();
  }
}

/** A round that failed may have left the store or brokers away: the next one has them. */
async function mend(): Promise<void> {
  await server.restart();
  for (const node of cluster?.nodes ?? []) await cluster?.startNode(node);
}

function report({ fault, client, settledS, rounds, equal, noticed, signals, lost, twice }: Row): void {
  const sorted = settledS.toSorted((a, b) => a - b);
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? Number.NaN;
  const cells = [client, rounds, equal, noticed, signals, lost, twice, p95.toFixed(1)];
  console.log(`${cells.map((c, i) => String(c).padEnd([14, 8, 7, 9, 9, 6, 7, 15][i]!)).join("")}${fault.name}`);
}

function keep(what: string, result: FaultResult): void {
  const path = join(mkdtempSync(join(tmpdir(), "tg-fault-")), "round.json");
  writeFileSync(path, JSON.stringify(result, null, 1));
  console.error(`${what}: see ${path}`);
}
