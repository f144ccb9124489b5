import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { createRandom, type Random, uniform } from "../../detectors/statistics/random.ts";
import type { RawRecord } from "../../engine/source.ts";
import type { CLIENTS } from "../../ingest/kafka.ts";
import type { TestKafka } from "../support/kafka.ts";
import type { TestPostgres } from "../support/postgres.ts";
import { createCrew } from "./crew.ts";
import { beside, persistently } from "./disturbed.ts";
import { readTopic } from "./kcat.ts";
import { type LeftBehind, leftBehind } from "./left-behind.ts";
import { runOracle } from "./oracle.ts";
import { createScene, endsOf, type RekeyedScene, readingOnly, untilMoving, untilThrough } from "./rekeyed-scene.ts";

export interface RekeyedPlan {
  readonly folder: string;
  readonly kafka: TestKafka;
  readonly server: TestPostgres;
  readonly client: keyof typeof CLIENTS;
  readonly seed: number;
  readonly partitions: number;
  readonly events: number;
  /** Of the config, as YAML. Default true. */
  readonly repartition?: string;
  /** Of the topic that is written. Default 1. */
  readonly replication?: number;
  /** Of the config, as YAML. Default every 0.2 s. */
  readonly checkpoint?: string | undefined;
  /** While events are sent. */
  disturb(scene: RekeyedScene): Promise<void>;
}

/** Where a record stood, and where it went. */
export interface Passage {
  readonly key: string | null;
  readonly from: number;
  readonly at: number;
  readonly to: number;
}

export interface RekeyedResult {
  readonly left: LeftBehind;
  /** One thread over the first of each record in the internal topic, as kcat reads it. */
  readonly oracle: LeftBehind;
  /** Of the source, as kcat reads it: partition and offset of every record, and how many good ones a key has. */
  readonly sent: ReadonlySet<string>;
  readonly goodByKey: Readonly<Record<string, number>>;
  /** Accepted events by key, as the states say. */
  readonly eventsByKey: Readonly<Record<string, number>>;
  /** Of the internal topic, in the order of each of its partitions, repeated ones included. */
  readonly passages: readonly Passage[];
  readonly topic: string;
}

const KEYS = 40;
const SESSION_SECONDS = 2;

/** Members over a topic whose keys are on all its partitions, disturbed while it is written; what they left, and what not. */
export async function rekeyedRounds(plan: RekeyedPlan): Promise<RekeyedResult> {
  const { kafka, server } = plan;
  const folder = mkdtempSync(join(plan.folder, "rekeyed-"));
  const topic = kafka.unique("spread");
  const internal = `tidegauge.${topic}.m.repartition`;
  const random = createRandom("rekeyed", plan.seed);
  await kafka.createTopic(topic, plan.partitions, {}, plan.replication);
  const url = await server.database();
  const config = configOf(plan, url, topic);
  const crew = createCrew(config, folder);
  const client = new pg.Pool({ connectionString: url, max: 1 });
  client.on("error", () => undefined);
  const scene = createScene(crew, kafka, client, { topic, internal }, random);
  try {
    for (let i = 0; i < 2; i++) await scene.startMember();
    const sent = send(plan, topic, random);
    await beside(sent, async () => {
      await untilMoving(client, internal, crew.told);
      await plan.disturb(scene);
    });
    if (crew.members.length === 0) await scene.startMember();
    const brokers = kafka.brokers.join(",");
    const source = readTopic(brokers, topic);
    await untilThrough(client, topic, source, crew.told);
    // Nothing more is written now that all was.
    const records = readTopic(brokers, internal);
    await untilThrough(client, internal, records, crew.told);
    for (const member of [...crew.members]) await scene.end(member, "SIGTERM");
    const { rows } = await client.query("select identity from tidegauge.lane where topic = $1 limit 1", [internal]);
    const counts = await client.query("select key, events from tidegauge.state");
    const oracleUrl = await server.database();
    await runOracle(
      join(folder, "member-0", "tidegauge.yaml"),
      topic,
      oracleUrl,
      { name: internal, identity: rows[0]?.identity ?? null, records: firstOnes(records), ends: endsOf(records) },
      (monitor) => ({ ...monitor, rekey: readingOnly(internal, topic) }),
    );
    return {
      left: await leftBehind(url, internal),
      oracle: await leftBehind(oracleUrl, internal),
      sent: new Set([...source].flatMap(([p, list]) => list.map(({ offset }) => `${p}@${offset}`))),
      goodByKey: goodByKey(source),
      eventsByKey: Object.fromEntries(counts.rows.map((row) => [row.key, Number(row.events)])),
      passages: [...records].flatMap(([to, list]) => list.map((record) => ({ ...passageOf(record), to }))),
      topic,
    };
  } finally {
    await crew.disband();
    await client.end();
  }
}

function configOf(plan: RekeyedPlan, url: string, topic: string): string {
  const { kafka, client, repartition = "true", checkpoint = "{ seconds: 0.2, events: 5000 }" } = plan;
  return `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka:
  brokers: [${kafka.brokers.map((b) => `"${b}"`).join(", ")}]
  group: ${topic}
  client: ${client}
  sessionSeconds: ${SESSION_SECONDS}
alerts: { ops: { webhook: { url: "http://127.0.0.1:9/" } } }
monitors:
  m:
    detector: numeric
    source: { kafka: { topic: ${topic} } }
    key: /tenant
    repartition: ${repartition}
    options: { algorithm: page-hinkley, threshold: 20 }
    checkpoint: ${checkpoint}
    alerts: [ops]
`;
}

/** Every key on every partition; some records cannot be read, some have no value that a detector takes. */
async function send(plan: RekeyedPlan, topic: string, random: Random): Promise<void> {
  const chunks = 60;
  const perChunk = Math.ceil(plan.events / chunks / plan.partitions);
  for (let chunk = 0; chunk < chunks; chunk++) {
    for (let partition = 0; partition < plan.partitions; partition++) {
      const lines = Array.from({ length: perChunk }, () => line(chunk, random));
      await persistently(() => plan.kafka.produce(topic, partition, lines));
    }
    await sleep(60);
  }
}

function line(chunk: number, random: Random): string {
  const u = uniform(random);
  if (u < 0.002) return "{broken";
  const key = `t${Math.floor(uniform(random) * KEYS)}`;
  if (u < 0.004) return `{"tenant":"${key}","value":"text"}`;
  const level = Math.floor(chunk / 12) % 2;
  return `{"tenant":"${key}","value":${(uniform(random) + uniform(random) + level).toFixed(4)}}`;
}

function goodByKey(source: Map<number, RawRecord[]>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const records of source.values())
    for (const { value } of records) {
      const match = /^\{"tenant":"(\w+)","value":[\d.]+\}$/.exec(value!.toString());
      if (match) counts[match[1]!] = (counts[match[1]!] ?? 0) + 1;
    }
  return counts;
}

/** What the product has to find out by itself: here every record is looked up among all before it. */
function firstOnes(records: Map<number, RawRecord[]>): Map<number, RawRecord[]> {
  return new Map(
    [...records].map(([partition, list]) => {
      const seen = new Set<string>();
      return [
        partition,
        list.filter((record) => {
          const { from, at } = passageOf(record);
          const fresh = !seen.has(`${from}@${at}`);
          seen.add(`${from}@${at}`);
          return fresh;
        }),
      ];
    }),
  );
}

function passageOf({ key, headers }: RawRecord): Omit<Passage, "to"> {
  const [from, at] = headers!
    .find((h) => h.name === "tidegauge-from")!
    .value!.toString()
    .split(" ");
  return { key: key && Buffer.from(key).toString(), from: Number(from), at: Number(at) };
}
