import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { silentLog } from "../engine/log.ts";
import { type CLIENTS, createKafkaSource } from "../ingest/kafka.ts";
import { type KafkaCluster, startKafkaCluster } from "../test/support/kafka-cluster.ts";

/**
 * How long a record that a broker has waits to be taken, at the longest: over three brokers, after kill -9 of a
 * partition's leader, and of a member of the group. A record goes to each of six partitions about every 40 ms.
 *   node --import tsx bench/failover.ts [--rounds 20] [--clients kafkajs,platformatic] [--session 6] [--verbose]
 * Limits: leader's kill ≤ 10 s at the 95th percentile, member's kill ≤ session time-out + 2 s.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "20" },
    clients: { type: "string", default: "kafkajs,platformatic" },
    session: { type: "string", default: "6" },
    only: { type: "string", default: "leader,member" },
    member: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
type Client = keyof typeof CLIENTS;
const PARTITIONS = 6;
const SETTLED_MS = 25_000;

if (values.member !== undefined) await beMember(JSON.parse(values.member) as MemberPlan);
else await measure();

interface MemberPlan {
  readonly brokers: string[];
  readonly topic: string;
  readonly group: string;
  readonly client: Client;
  readonly sessionMs: number;
  readonly verbose: boolean;
}

/** A member in a process of its own: says of which partition it took records, and how old the oldest was. */
async function beMember({ brokers, topic, group, client, sessionMs, verbose }: MemberPlan): Promise<void> {
  const tell = (line: string, data?: object) =>
    console.error(`${new Date().toISOString().slice(11, 23)} ${line} ${JSON.stringify(data ?? {}).slice(0, 300)}`);
  const next = new Map<number, number>();
  process.on("disconnect", () => process.exit());
  const log = verbose ? { info: tell, warn: tell, error: tell } : silentLog;
  await createKafkaSource({ brokers, group, client, sessionMs, topics: [topic], from: "latest", log }).run({
    claim: async ({ partition }) => ({ nextOffset: next.get(partition) ?? null, cursor: null }),
    async deliver({ partition }, { records, nextOffset }) {
      next.set(partition, nextOffset);
      if (records.length > 0) process.send!([partition, Date.now() - records[0]!.time!]);
    },
    release: async () => {},
    highWatermark: () => {},
    halt: (_, error) => console.error(error.message),
  });
}

interface Member {
  readonly pid: number;
  readonly partitions: Set<number>;
  kill(): Promise<void>;
}

async function measure(): Promise<void> {
  const cluster = await startKafkaCluster();
  console.log("client        killed                      rounds  median s  p95 s  most s  limit s");
  try {
    for (const client of values.clients.split(",") as Client[]) {
      if (values.only.includes("leader")) await leaders(cluster, client);
      if (values.only.includes("member")) await members(cluster, client);
    }
  } finally {
    await cluster.stop();
  }
}

async function leaders(cluster: KafkaCluster, client: Client): Promise<void> {
  const stage = await openStage(cluster, client, 1);
  const gaps: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const leader = await cluster.leaderOf(stage.topic, round % PARTITIONS);
    stage.watch();
    await sleep(Math.random() * 500);
    await cluster.stopNode(leader, "SIGKILL");
    const killed = new Date().toISOString().slice(11, 23);
    gaps.push(await stage.longestGap());
    if (values.verbose) console.error(`${killed} killed ${leader}: ${gaps.at(-1)} s`);
    await cluster.startNode(leader);
    await cluster.untilInSync(stage.topic);
    await sleep(1000);
  }
  await stage.close();
  report(client, "a partition's leader", gaps, 10);
}

async function members(cluster: KafkaCluster, client: Client): Promise<void> {
  const stage = await openStage(cluster, client, 2);
  const gaps: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    stage.watch();
    await sleep(Math.random() * 500);
    await stage.members[0]!.kill();
    gaps.push(await stage.longestGap());
    await stage.addMember();
  }
  await stage.close();
  report(client, `a member, session ${values.session} s`, gaps, Number(values.session) + 2);
}

/** A topic that is written, and members that read it. */
async function openStage(cluster: KafkaCluster, client: Client, count: number) {
  const topic = cluster.unique("failover");
  const group = cluster.unique("g");
  await cluster.createTopic(topic, PARTITIONS, { "message.timestamp.type": "LogAppendTime" }, 3);
  const last = new Map<number, number>();
  const longest = new Map<number, number>();
  const members: Member[] = [];
  let writing = true;
  // One writer per partition: a partition without a leader does not hold up the others.
  const writers = Array.from({ length: PARTITIONS }, async (_, partition) => {
    while (writing) {
      await cluster.produce(topic, partition, [String(Date.now())]).catch(() => {});
      await sleep(40);
    }
  });
  const took = (partition: number, waited: number) => {
    const now = Date.now();
    // Who takes a partition over begins at its end: there the time since its last record is what was waited.
    const since = count > 1 ? now - (last.get(partition) ?? now) : 0;
    longest.set(partition, Math.max(longest.get(partition) ?? 0, waited, since));
    last.set(partition, now);
  };
  async function addMember(): Promise<void> {
    const plan: MemberPlan = {
      brokers: cluster.brokers,
      topic,
      group,
      client,
      sessionMs: Number(values.session) * 1000,
      verbose: values.verbose,
    };
    const child = fork(import.meta.filename, ["--member", JSON.stringify(plan)], { execArgv: ["--import", "tsx"] });
    const partitions = new Set<number>();
    child.on("message", ([partition, waited]: [number, number]) => {
      partitions.add(partition);
      took(partition, waited);
    });
    members.push({
      pid: child.pid!,
      partitions,
      async kill() {
        members.shift();
        child.kill("SIGKILL");
        await once(child, "exit");
      },
    });
    // Killed before the other has its share, what is waited for would be its start.
    for (const until = Date.now() + 120_000; partitions.size === 0; await sleep(50))
      if (Date.now() > until) throw new RangeError("a member took nothing within 120 s");
    await sleep(2000);
  }
  for (let i = 0; i < count; i++) await addMember();
  return {
    topic,
    members,
    addMember,
    watch() {
      longest.clear();
      for (let partition = 0; partition < PARTITIONS; partition++) last.set(partition, Date.now());
    },
    /** Seconds, of the partition that waited longest; infinite if one still does. */
    async longestGap(): Promise<number> {
      const since = Date.now();
      for (;;) {
        await sleep(200);
        const quiet = Math.max(...[...last.values()].map((at) => Date.now() - at));
        // All move again, and did so for a while: a group that gathers twice stands still twice.
        if (Date.now() - since > 10_000 && quiet < 1500) return Math.max(...longest.values()) / 1000;
        if (Date.now() - since > SETTLED_MS * 2) return Number.POSITIVE_INFINITY;
      }
    },
    async close() {
      writing = false;
      await Promise.all(writers);
      for (const member of [...members]) await member.kill();
    },
  };
}

function report(client: string, what: string, gaps: number[], limit: number): void {
  gaps.sort((a, b) => a - b);
  const at = (share: number) =>
    gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * share))]!.toFixed(1).padStart(6);
  console.log(
    `${client.padEnd(13)} ${what.padEnd(28)} ${String(gaps.length).padEnd(6)} ${at(0.5)}    ${at(0.95)} ${at(1)}   ${limit}`,
  );
}
