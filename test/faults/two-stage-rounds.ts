import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { expect } from "vitest";
import { simulateFleet } from "../../detectors/context-drift/simulated-fleet.ts";
import { createRandom } from "../../detectors/statistics/random.ts";
import type { RawRecord } from "../../engine/source.ts";
import type { CLIENTS } from "../../ingest/kafka.ts";
import type { TestKafka } from "../support/kafka.ts";
import type { TestPostgres } from "../support/postgres.ts";
import { createCrew } from "./crew.ts";
import { beside } from "./disturbed.ts";
import { readTopic } from "./kcat.ts";
import { type LeftBehind, leftBehind, saidTwice } from "./left-behind.ts";
import { runOracle } from "./oracle.ts";
import { createScene, endsOf, type RekeyedScene, readingOnly, untilMoving, untilThrough } from "./rekeyed-scene.ts";

export interface TwoStagePlan {
  readonly folder: string;
  readonly kafka: TestKafka;
  readonly server: TestPostgres;
  readonly client: keyof typeof CLIENTS;
  readonly seed: number;
  /** Of the topic that is written. Default 1. */
  readonly replication?: number;
  /** While turns are sent. */
  disturb(scene: RekeyedScene): Promise<void>;
}

/** More, and over either client, by hand: `ROUNDS=10 npx vitest run test/faults/two-stages.test.ts`. */
export const ROUNDS = Number(process.env.ROUNDS ?? 1);

const PARTITIONS = 4;
const CONVERSATIONS = 900;
const TURNS = 6;
const SMALL = CONVERSATIONS / 10;
const SESSION_SECONDS = 2;

/**
 * Conversations of two models through both stages over members, disturbed while they are sent. Fails unless each turn counted
 * once where it came, each conversation once in its fleet, whatever was written again is the same under its number, and fleets
 * are those of one thread over it, the shift of the large model was told, nothing twice.
 */
export async function twoStageRound(plan: TwoStagePlan): Promise<void> {
  const { kafka, server } = plan;
  const topic = kafka.unique("turns");
  const internal = `tidegauge.${topic}.m.repartition`;
  await kafka.createTopic(topic, PARTITIONS, {}, plan.replication);
  const url = await server.database();
  const folder = mkdtempSync(join(plan.folder, "stages-"));
  const configPath = join(folder, "member-0", "tidegauge.yaml");
  const crew = createCrew(configOf(plan, url, topic), folder);
  const client = new pg.Pool({ connectionString: url, max: 1 });
  client.on("error", () => undefined);
  const random = createRandom("two stages", plan.seed);
  const scene = createScene(crew, kafka, client, { topic, internal }, random);
  try {
    for (let i = 0; i < 2; i++) await scene.startMember();
    await beside(send(kafka, topic), async () => {
      await untilMoving(client, topic, crew.told);
      await plan.disturb(scene);
    });
    if (crew.members.length === 0) await scene.startMember();
    const brokers = kafka.brokers.join(",");
    const source = readTopic(brokers, topic);
    expect([...source.values()].flat().length, "what the writer wrote").toBe(CONVERSATIONS * TURNS);
    await untilThrough(client, topic, source, crew.told);
    // Nothing more is handed over now that all was.
    const handed = readTopic(brokers, internal);
    await untilThrough(client, internal, handed, crew.told);
    for (const member of [...crew.members]) await scene.end(member, "SIGTERM");
    holds(handed);
    const { rows } = await client.query("select key, events from tidegauge.state");
    const events = (which: (key: string) => boolean): number =>
      rows.filter(({ key }) => which(key)).reduce((sum, row) => sum + Number(row.events), 0);
    expect(events((key) => key.includes("@"))).toBe(CONVERSATIONS * TURNS);
    expect(events((key) => key === "small")).toBe(SMALL);
    expect(events((key) => key === "large")).toBe(CONVERSATIONS - SMALL);
    const left = await leftBehind(url, internal);
    const fleets = await oracleOf(plan, { topic, internal, handed, url, configPath });
    expect(fleets.signals.length).toBeGreaterThan(0);
    expect(fleetsOf(left)).toEqual(fleetsOf(fleets));
    const shifts = left.signals.map(({ body }) => body as { kind: string; key: string });
    // Partitions whose owner was killed come late, so the level may be seen to go up, down and up again.
    expect(new Set(shifts.filter(({ kind }) => kind === "fleet_shift").map(({ key }) => key))).toEqual(
      new Set(["large"]),
    );
    expect(left.deadLetters).toEqual([]);
    expect(saidTwice(left)).toBe(0);
  } finally {
    await crew.disband();
    await client.end();
  }
}

/** One thread over the first of each record in the internal topic: what it makes of the fleets. */
async function oracleOf(
  { server }: TwoStagePlan,
  { topic, internal, handed, url, configPath }: Round,
): Promise<LeftBehind> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query("select identity from tidegauge.lane where topic = $1 limit 1", [internal]);
  await client.end();
  const oracleUrl = await server.database();
  const seen = new Set<string>();
  const firsts = [...handed].map(([partition, records]) => {
    const fresh = records.filter((record) => !seen.has(numberOf(record)) && seen.add(numberOf(record)));
    return [partition, fresh] as const;
  });
  await runOracle(
    configPath,
    topic,
    oracleUrl,
    { name: internal, identity: rows[0]?.identity ?? null, records: new Map(firsts), ends: endsOf(handed) },
    (monitor) => monitor.inStages!(readingOnly(internal, topic))[1],
  );
  return leftBehind(oracleUrl, internal);
}

interface Round {
  readonly topic: string;
  readonly internal: string;
  readonly handed: ReadonlyMap<number, RawRecord[]>;
  readonly url: string;
  readonly configPath: string;
}

/** Without what lanes of the source made of single conversations: that depends on what they had heard of the fleet by then. */
function fleetsOf({ positions, states, signals }: LeftBehind) {
  return {
    // A partition to which no key belongs has none.
    positions: positions.filter(({ next }) => next !== null),
    states: states.filter((state) => !/^m\/\w+@/.test(state)),
    signals: signals.filter(({ body }) => !(body as { key: string }).key.includes("@")),
  };
}

/** Of which partition of the source, and the number there. */
function numberOf({ headers }: RawRecord): string {
  const header = (name: string) => headers!.find((each) => each.name === name)!.value!.toString();
  return `${header("tidegauge-from").split(" ")[0]}#${header("tidegauge-ordinal")}`;
}

/** What lanes of each partition handed over: numbered without a gap, each number one conversation, however often it is there. */
function holds(handed: ReadonlyMap<number, readonly RawRecord[]>): void {
  const byNumber = new Map<string, string>();
  const numbers = new Map<string, number>();
  for (const record of [...handed.values()].flat()) {
    const number = numberOf(record);
    const said = `${record.key} ${record.value}`;
    expect(byNumber.get(number) ?? said).toBe(said);
    byNumber.set(number, said);
    const [from, ordinal] = number.split("#") as [string, string];
    numbers.set(from, Math.max(numbers.get(from) ?? 0, Number(ordinal) + 1));
  }
  expect([...numbers.values()].reduce((a, b) => a + b, 0)).toBe(CONVERSATIONS);
  expect(byNumber.size).toBe(CONVERSATIONS);
  expect(new Set(byNumber.values()).size).toBe(CONVERSATIONS);
}

function configOf({ kafka, client }: TwoStagePlan, url: string, topic: string): string {
  return `store: { kind: postgres, url: "${url}" }
http: { port: 0 }
kafka:
  brokers: [${kafka.brokers.map((b) => `"${b}"`).join(", ")}]
  group: ${topic}
  client: ${client}
  sessionSeconds: ${SESSION_SECONDS}
monitors:
  m:
    detector: context-drift
    source: { kafka: { topic: ${topic} } }
    key: /model
    repartition: { stages: 2, partitions: 3 }
    reference: { first: 200 }
    checkpoint: { seconds: 0.2, events: 5000 }
`;
}

/**
 * One fleet over all partitions: its level moves; conversations of one are on one partition. Another model beside. A turn
 * that stood there twice would be another turn: here the writer makes sure that none does.
 */
async function send({ brokers }: TestKafka, topic: string): Promise<void> {
  const shift = (i: number): number => (i >= 600 ? 3 : 0);
  const plan = { seed: 5, conversations: CONVERSATIONS, turns: TURNS, phi: 0.5, tau: 1.5, shift };
  const events = [...simulateFleet(plan)].map((event) => {
    const conversation = Number(event.conversation.slice(1));
    return { ...event, model: conversation % 10 === 9 ? "small" : "large", partition: conversation % PARTITIONS };
  });
  const retry = { initialRetryTime: 200, maxRetryTime: 1000, retries: 100 };
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  await producer.connect();
  const chunk = Math.ceil(events.length / 40);
  for (let i = 0; i < events.length; i += chunk) {
    const some = events.slice(i, i + chunk);
    for (let at = 0; at < PARTITIONS; at++) {
      const own = some.filter(({ partition }) => partition === at);
      const messages = own.map(({ partition, ...event }) => ({ partition, value: JSON.stringify(event) }));
      if (messages.length > 0) await producer.send({ topic, messages });
    }
    await sleep(200);
  }
  await producer.disconnect();
}
