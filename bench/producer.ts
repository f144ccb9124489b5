import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { silentLog } from "../engine/log.ts";
import { CLIENTS } from "../ingest/kafka.ts";
import { readTopic } from "../test/faults/kcat.ts";
import { startKafkaCluster } from "../test/support/kafka-cluster.ts";

/**
 * What a broker acknowledged (all replicas in sync) and is missing after kill -9 of one of three, by kcat: our producers, one
 * partition a send, and beside them as a known-bad control kafkajs with several partitions in one send().
 *   node --import tsx bench/producer.ts [--rounds 20]
 */
const { values } = parseArgs({ options: { rounds: { type: "string", default: "20" } } });
const PARTITIONS = [0, 1, 2];
const EACH = 20;
/** Between two sends: a replica that was away has to catch up beside them. */
const PAUSE_MS = 20;

/** Sends numbered records to every partition until it is told to stop; those that were acknowledged, `partition/number`. */
type Sender = (topic: string, over: AbortSignal) => Promise<Set<string>>;

const cluster = await startKafkaCluster();
const batch = (partition: number, from: number) =>
  Array.from({ length: EACH }, (_, i) => ({ partition, number: from + i }));

function ours(client: keyof typeof CLIENTS): Sender {
  return async (topic, over) => {
    const opened = await CLIENTS[client]({ brokers: cluster.brokers }, silentLog);
    const producer = opened.producer();
    const acknowledged = new Set<string>();
    const one = async (partition: number): Promise<void> => {
      for (let n = 0; !over.aborted; n += EACH) {
        const records = batch(partition, n);
        const values = records.map(({ number }) => ({ key: null, value: Buffer.from(String(number)), headers: [] }));
        await sleep(PAUSE_MS);
        try {
          await producer.send(topic, partition, values);
          for (const { number } of records) acknowledged.add(`${partition}/${number}`);
        } catch {
          // Not acknowledged: it may be there or not.
        }
      }
    };
    await Promise.all(PARTITIONS.map(one));
    await producer.close();
    await opened.cluster.close();
    return acknowledged;
  };
}

const several: Sender = async (topic, over) => {
  const producer = new Kafka({ brokers: [...cluster.brokers], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const acknowledged = new Set<string>();
  for (let n = 0; !over.aborted; n += EACH) {
    const records = PARTITIONS.flatMap((partition) => batch(partition, n));
    const messages = records.map(({ partition, number }) => ({ partition, value: String(number) }));
    await sleep(PAUSE_MS);
    try {
      await producer.send({ topic, acks: -1, messages });
      for (const { partition, number } of records) acknowledged.add(`${partition}/${number}`);
    } catch {
      // As above.
    }
  }
  await producer.disconnect();
  return acknowledged;
};

const senders: Readonly<Record<string, Sender>> = {
  kafkajs: ours("kafkajs"),
  "@platformatic/kafka": ours("platformatic"),
  "control: kafkajs, several partitions a send": several,
};
const sums = new Map(Object.keys(senders).map((name) => [name, { acknowledged: 0, missing: 0, rounds: 0 }]));
try {
  for (let round = 0; round < Number(values.rounds); round++) await kill(round);
} finally {
  await cluster.stop();
}
console.log("| producer | kills | acknowledged | of them missing | rounds with a loss |\n|---|---|---|---|---|");
for (const [name, { acknowledged, missing, rounds }] of sums)
  console.log(`| ${name} | ${values.rounds} | ${acknowledged} | ${missing} | ${rounds} |`);
process.exit();

async function kill(round: number): Promise<void> {
  const names = Object.keys(senders);
  const topics = names.map((_, i) => cluster.unique(`producer-${i}`));
  for (const topic of topics) await cluster.createTopic(topic, PARTITIONS.length, {}, cluster.nodes.length);
  const over = new AbortController();
  const sending = names.map((name, i) => senders[name]!(topics[i]!, over.signal));
  await sleep(1500);
  const node = await cluster.leaderOf(topics[0]!, round % PARTITIONS.length);
  await cluster.stopNode(node, "SIGKILL");
  await sleep(4000);
  await cluster.startNode(node);
  for (const topic of topics) await cluster.untilInSync(topic);
  over.abort();
  for (const [i, name] of names.entries()) {
    const acknowledged = await sending[i]!;
    const there = new Set<string>();
    for (const [partition, records] of readTopic(cluster.brokers[0]!, topics[i]!))
      for (const { value } of records) there.add(`${partition}/${Buffer.from(value!).toString()}`);
    const missing = [...acknowledged].filter((one) => !there.has(one)).length;
    const sum = sums.get(name)!;
    sum.acknowledged += acknowledged.size;
    sum.missing += missing;
    sum.rounds += missing > 0 ? 1 : 0;
    console.error(`round ${round}, ${name}: ${acknowledged.size} acknowledged, ${missing} missing`);
  }
}
