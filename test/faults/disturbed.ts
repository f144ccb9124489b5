import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createRandom, type Random, uniform } from "../../detectors/statistics/random.ts";
import type { CLIENTS } from "../../ingest/kafka.ts";
import type { TestKafka } from "../support/kafka.ts";
import type { TestPostgres } from "../support/postgres.ts";
import { type Crew, createCrew } from "./crew.ts";
import { readTopic } from "./kcat.ts";
import { type LeftBehind, leftBehind, positionsOf } from "./left-behind.ts";
import { runOracle } from "./oracle.ts";

export const PARTITIONS = 4;
const SESSION_SECONDS = 3;

/** What a fault may touch while events flow. */
export interface Scene extends Crew {
  readonly kafka: TestKafka;
  readonly server: TestPostgres;
  readonly topic: string;
  readonly group: string;
  readonly sessionMs: number;
  /** Uniform in [0, most) milliseconds. */
  rest(most: number): Promise<void>;
  readonly random: Random;
}

export interface FaultPlan {
  readonly folder: string;
  readonly kafka: TestKafka;
  readonly server: TestPostgres;
  readonly seed: number;
  /** Members at the start. Default 2. */
  readonly members?: number;
  /** Events, sent while the fault happens. Default 60,000. */
  readonly events?: number;
  readonly replication?: number;
  /** Default kafkajs. */
  readonly client?: keyof typeof CLIENTS;
  disturb(scene: Scene): Promise<void>;
  /** Instead of the ordinary events. */
  lines?: ((partition: number, i: number, random: Random) => string) | undefined;
}

export interface FaultResult {
  readonly oracle: LeftBehind;
  readonly left: LeftBehind;
  /** Of every member that ever ran. */
  readonly logs: readonly string[];
  /** From the end of the disturbance until everything was committed. */
  readonly settledMs: number;
}

/** Members over a topic that is being written, a fault in the middle; then what they left beside what the oracle says. */
export async function throughFault(plan: FaultPlan): Promise<FaultResult> {
  const { kafka, server } = plan;
  const folder = mkdtempSync(join(plan.folder, "fault-"));
  const topic = kafka.unique("fault");
  const random = createRandom("fault", plan.seed);
  await kafka.createTopic(topic, PARTITIONS, {}, plan.replication);
  const url = await server.database();
  const config = configOf(plan, url, topic);
  const crew = createCrew(config, folder);
  const scene: Scene = {
    kafka,
    server,
    topic,
    group: topic,
    sessionMs: SESSION_SECONDS * 1000,
    ...crew,
    random,
    rest: (most) => sleep(uniform(random) * most),
  };
  const client = new pg.Pool({ connectionString: url, max: 1 });
  client.on("error", () => undefined);
  try {
    for (let i = 0; i < (plan.members ?? 2); i++) await scene.startMember();
    const sent = send(plan, topic, random);
    await beside(sent, async () => {
      await untilMoving(client);
      await plan.disturb(scene);
    });
    const settling = Date.now();
    if (crew.members.length === 0) await scene.startMember();
    const records = readTopic(kafka.brokers.join(","), topic);
    const wanted = new Map([...records].map(([partition, list]) => [partition, list.at(-1)!.offset + 1]));
    await untilAt(client, wanted, crew.told);
    const settledMs = Date.now() - settling;
    for (const member of [...crew.members]) await scene.end(member, "SIGTERM");
    const left = await leftBehind(url);
    const { rows } = await client.query("select identity from tidegauge.lane where identity is not null limit 1");
    const oracleUrl = await server.database();
    const configPath = join(folder, "member-0", "tidegauge.yaml");
    await runOracle(configPath, topic, oracleUrl, { name: topic, identity: rows[0]?.identity ?? null, records });
    return { oracle: await leftBehind(oracleUrl), left, logs: crew.all.map((m) => m.log()), settledMs };
  } finally {
    await crew.disband();
    await client.end();
  }
}

/** Two monitors over one topic: one whose states hold random draws, one that says much. */
function configOf({ kafka, client = "kafkajs" }: FaultPlan, url: string, topic: string): string {
  return `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka:
  brokers: [${kafka.brokers.map((b) => `"${b}"`).join(", ")}]
  group: ${topic}
  client: ${client}
  sessionSeconds: ${SESSION_SECONDS}
alerts: { ops: { webhook: { url: "http://127.0.0.1:9/" } } }
monitors:
  loud:
    detector: numeric
    source: { kafka: { topic: ${topic} } }
    options: { algorithm: page-hinkley, threshold: 20 }
    checkpoint: { seconds: 0.05, events: 5000 }
    alerts: [ops]
  exact:
    detector: numeric
    source: { kafka: { topic: ${topic} } }
    options: { dependence: none }
    reference: { first: 300 }
    falseAlarms: { events: 1000 }
    checkpoint: { seconds: 0.2, events: 5000 }
`;
}

/** Events of eight keys a partition whose level moves, with some garbage, over about six seconds. */
async function send(plan: FaultPlan, topic: string, random: Random): Promise<void> {
  const perPartition = (plan.events ?? 60_000) / PARTITIONS;
  const chunk = perPartition / 60;
  for (let i = 0; i < perPartition; i += chunk) {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const lines: string[] = [];
      for (let j = i; j < i + chunk; j++)
        lines.push(plan.lines?.(partition, j, random) ?? eventLine(partition, j, random));
      await persistently(() => plan.kafka.produce(topic, partition, lines));
    }
    await sleep(80);
  }
}

/** Both to their ends, also where one fails: nothing goes on behind a round that is given up. */
export async function beside(sending: Promise<void>, disturb: () => Promise<void>): Promise<void> {
  const outcomes = await Promise.allSettled([sending, disturb()]);
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

/** A broker may be gone just now. What was written but not acknowledged is there twice: so the oracle reads it, too. */
export async function persistently(write: () => Promise<void>): Promise<void> {
  for (const until = Date.now() + 60_000; ; await sleep(500)) {
    try {
      return await write();
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}

export function eventLine(partition: number, i: number, random: Random): string {
  const u = uniform(random);
  if (u < 0.001) return "{broken";
  if (u < 0.002) return `{"key":"p${partition}-k1","value":"text"}`;
  const level = Math.floor(i / 2000) % 2;
  return `{"key":"p${partition}-k${i % 8}","value":${(uniform(random) + uniform(random) + level).toFixed(4)}}`;
}

async function untilMoving(client: pg.Pool): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(50)) {
    const positions = await positions_(client, "loud");
    if (positions.size > 0) return;
  }
}

async function untilAt(client: pg.Pool, wanted: ReadonlyMap<number, number>, told: () => string): Promise<void> {
  for (const until = Date.now() + 120_000; ; await sleep(100)) {
    const done = await Promise.all(
      ["loud", "exact"].map(async (monitor) => {
        const at = await positions_(client, monitor);
        return [...wanted].every(([partition, next]) => (at.get(partition) ?? 0) >= next);
      }),
    );
    if (done.every(Boolean)) return;
    if (Date.now() > until) throw new RangeError(`not everything was committed within 120 s\n${told()}`);
  }
}

/** The store may be the thing that is broken just now. */
async function positions_(client: pg.Pool, monitor: string): Promise<Map<number, number>> {
  try {
    return await positionsOf(client, monitor);
  } catch {
    return new Map();
  }
}
