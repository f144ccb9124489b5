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
import { leftBehind, saidTwice } from "./left-behind.ts";
import { createScene, type RekeyedScene, untilMoving, untilThrough } from "./rekeyed-scene.ts";

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
 * once where it came, each conversation once in its fleet, whatever was written again is the same under its number, and the
 * shift of the large model was told once.
 */
export async function twoStageRound(plan: TwoStagePlan): Promise<void> {
  const { kafka, server } = plan;
  const topic = kafka.unique("turns");
  const internal = `tidegauge.${topic}.m.repartition`;
  await kafka.createTopic(topic, PARTITIONS, {}, plan.replication);
  const url = await server.database();
  const crew = createCrew(configOf(plan, url, topic), mkdtempSync(join(plan.folder, "stages-")));
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
    const left = await leftBehind(url);
    const shifts = left.signals.map(({ body }) => body as { kind: string; key: string });
    expect(shifts.filter(({ kind }) => kind === "fleet_shift").map(({ key }) => key)).toEqual(["large"]);
    expect(left.deadLetters).toEqual([]);
    expect(saidTwice(left)).toBe(0);
  } finally {
    await crew.disband();
    await client.end();
  }
}

/** What lanes of each partition handed over: numbered without a gap, each number one conversation, however often it is there. */
function holds(handed: ReadonlyMap<number, readonly RawRecord[]>): void {
  const byNumber = new Map<string, string>();
  const numbers = new Map<string, number>();
  for (const { key, value, headers } of [...handed.values()].flat()) {
    const header = (name: string) =>
      headers!
        .find((each) => each.name === name)!
        .value!.toString()
        .split(" ")[0]!;
    const [from, ordinal] = [header("tidegauge-from"), Number(header("tidegauge-ordinal"))];
    const said = `${key} ${value}`;
    expect(byNumber.get(`${from}#${ordinal}`) ?? said).toBe(said);
    byNumber.set(`${from}#${ordinal}`, said);
    numbers.set(from, Math.max(numbers.get(from) ?? 0, ordinal + 1));
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
