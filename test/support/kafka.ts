import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { startContainerBroker, whyNoContainer } from "./kafka-container.ts";
import { startJavaBroker, whyNoJava } from "./kafka-java.ts";

export interface TestKafka {
  readonly brokers: string[];
  readonly admin: Admin;
  /** Where the broker keeps its partitions, when it runs on this machine and is ours. */
  readonly dataFolder: string | null;
  /** A name that no other test uses. */
  unique(prefix: string): string;
  createTopic(
    topic: string,
    partitions?: number,
    config?: Readonly<Record<string, string>>,
    replication?: number,
  ): Promise<void>;
  /** All to one partition, in order. */
  produce(topic: string, partition: number, values: readonly (string | Buffer | null)[]): Promise<void>;
  produceKeyed(
    topic: string,
    partition: number,
    records: readonly { readonly key: string; readonly value: string }[],
  ): Promise<void>;
  /** Ends this test's connections; the broker goes with the test run. */
  stop(): Promise<void>;
}

export interface NoKafka {
  readonly skip: string;
}

/**
 * The broker of this test run: that of KAFKA_BROKERS, else one in a container, else one of Maven Central's jars. The
 * first test file that asks starts it, the others share it; it ends when the run does. Says loudly when there is none.
 */
export async function startKafka(): Promise<TestKafka | NoKafka> {
  const found = await sharedBroker();
  if ("skip" in found) {
    console.warn(`SKIPPED, no Kafka: ${found.skip}. Set KAFKA_BROKERS, or install Docker, or Java 17 and Maven.`);
    return found;
  }
  return connectKafka(found.brokers, found.dataFolder ?? null);
}

type Found = { readonly brokers: string[]; readonly dataFolder?: string } | NoKafka;

async function sharedBroker(): Promise<Found> {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given.split(",") };
  // vitest's workers are its child processes or its threads: the run is the same process for all.
  const run = process.env.VITEST === undefined || !isMainThread ? process.pid : process.ppid;
  const folder = join(cacheFolder(), "run");
  const state = join(folder, `${run}.json`);
  const lock = join(folder, `${run}.lock`);
  mkdirSync(folder, { recursive: true });
  for (let waited = 0; waited < 360_000; waited += 200) {
    const known = await readState(state);
    if (known !== null) return known;
    if (tryLock(lock)) {
      try {
        const found = (await readState(state)) ?? (await startBroker(run, state));
        writeFileSync(`${state}.new`, JSON.stringify(found));
        renameSync(`${state}.new`, state);
        return found;
      } finally {
        rmSync(lock, { recursive: true, force: true });
      }
    }
    await sleep(200);
  }
  return { skip: "another test file did not finish starting the broker" };
}

async function startBroker(run: number, state: string): Promise<Found> {
  const noContainer = await whyNoContainer();
  if (noContainer === null) {
    try {
      const { brokers } = await startContainerBroker();
      await becomeReady(brokers);
      return { brokers };
    } catch (error) {
      console.warn(`The Kafka container did not start (${(error as Error).message}); trying Java.`);
    }
  }
  const noJava = whyNoJava();
  if (noJava !== null) return { skip: `${noContainer ?? "the container did not start"}, ${noJava}` };
  try {
    const { brokers, folder } = await startJavaBroker(cacheFolder(), run, state);
    await becomeReady(brokers);
    return { brokers, dataFolder: join(folder, "data") };
  } catch (error) {
    return { skip: `the Java broker did not start (${(error as Error).message})` };
  }
}

/** The port answers before the group coordinator does: ready is when a throw-away group has joined once. */
export async function becomeReady(brokers: string[]): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING, retry: { retries: 0 } });
    const admin = kafka.admin();
    const consumer = kafka.consumer({ groupId: "readiness", sessionTimeout: 6000, heartbeatInterval: 500 });
    try {
      await admin.connect();
      await admin.createTopics({ topics: [{ topic: "readiness", numPartitions: 1 }] });
      await consumer.connect();
      await consumer.subscribe({ topic: "readiness" });
      const joined = new Promise<void>((resolve, reject) => {
        consumer.on("consumer.group_join", () => resolve());
        consumer.on("consumer.crash", ({ payload }) => reject(payload.error));
      });
      await consumer.run({ eachBatch: async () => {} });
      await joined;
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(300);
    } finally {
      await consumer.disconnect().catch(() => {});
      await admin.disconnect().catch(() => {});
    }
  }
}

export async function connectKafka(
  brokers: string[],
  dataFolder: string | null = null,
  level = logLevel.ERROR,
): Promise<TestKafka> {
  const kafka = new Kafka({ brokers, logLevel: level });
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await admin.connect();
  await producer.connect();
  let names = 0;
  return {
    brokers,
    dataFolder,
    admin,
    unique: (prefix) => `${prefix}-${process.pid}-${Date.now().toString(36)}-${names++}`,
    async createTopic(topic, partitions = 1, config = {}, replication = 1) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({
        topics: [{ topic, numPartitions: partitions, replicationFactor: replication, configEntries }],
        waitForLeaders: false,
      });
      // kafkajs' own waiting gives up while a broker does not know of the topic yet.
      const leaders = async () => {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]!.partitions.filter(({ leader }) => leader >= 0).length;
      };
      const deadline = Date.now() + 60_000;
      while ((await leaders().catch(() => 0)) < partitions) {
        if (Date.now() > deadline) throw new RangeError(`topic ${topic} has no leaders`);
        await sleep(100);
      }
    },
    async produce(topic, partition, values) {
      for (let i = 0; i < values.length; i += 1000) {
        const messages = values.slice(i, i + 1000).map((value) => ({ partition, value }));
        await producer.send({ topic, messages });
      }
    },
    async produceKeyed(topic, partition, records) {
      await producer.send({ topic, messages: records.map((each) => ({ ...each, partition })) });
    },
    async stop() {
      await producer.disconnect();
      await admin.disconnect();
    },
  };
}

/** Where the broker's jars are kept between runs. */
export function cacheFolder(): string {
  return process.env.TIDEGAUGE_KAFKA_CACHE ?? resolve(import.meta.dirname, "../../.cache/kafka");
}

/** A process id comes round again, so an old run's broker may be named here: it must answer. */
async function readState(path: string): Promise<Found | null> {
  let found: Found;
  try {
    found = JSON.parse(readFileSync(path, "utf8")) as Found;
  } catch {
    return null;
  }
  if ("skip" in found) return Date.now() - statSync(path).mtimeMs < 600_000 ? found : null;
  const [host, port] = found.brokers[0]!.split(":");
  return new Promise((resolve) => {
    const socket = createConnection(Number(port), host, () => {
      socket.destroy();
      resolve(found);
    });
    socket.on("error", () => resolve(null));
  });
}

function tryLock(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    if (age > 300_000) rmSync(path, { recursive: true, force: true });
    return false;
  }
}
