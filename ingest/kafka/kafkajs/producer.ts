import type { Kafka } from "kafkajs";
import { createByteReader } from "../byte-reader.ts";
import { REFUSALS, type RecordProducer, sendError, unavailable } from "../port.ts";
import { writeBatch } from "../records/write-batch.ts";
import { createInnerCluster, type InnerBroker, type InnerCluster } from "./inner-cluster.ts";

const PRODUCE = 0;
/** Brokers from 2.1 on. */
const VERSION = 7;
const ALL_IN_SYNC = -1;
const ANSWER_WITHIN_MS = 30_000;

/**
 * Sends over the library's connections, without its producer: that one makes an object of every number that it writes,
 * which costs several times what reading the same records does.
 */
export function createProducer(kafka: Kafka): RecordProducer {
  let opened: Promise<InnerCluster> | null = null;

  async function open(topic: string): Promise<InnerCluster> {
    const cluster = createInnerCluster(kafka);
    if (cluster === null) throw unavailable(topic, "this kafkajs hides its connections");
    await cluster.connect();
    await cluster.addTargetTopic(topic);
    await cluster.refreshMetadata();
    return cluster;
  }

  return {
    async send(topic, partition, records) {
      opened ??= open(topic);
      const mine = opened;
      try {
        const cluster = await mine;
        await cluster.addTargetTopic(topic);
        const leader = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0];
        if (leader === undefined) throw unavailable(topic, `partition ${partition} has no leader`);
        const broker = await cluster.findBroker({ nodeId: leader });
        const failure = await produce(broker, topic, partition, writeBatch(records, Date.now()));
        if (failure !== 0) {
          const type = Object.keys(REFUSALS).find((name) => REFUSALS[name] === failure);
          throw sendError(topic, partition, type ? [type] : [], `the broker answers with error ${failure}`, null);
        }
      } catch (error) {
        // Leaders move, connections break: the next send begins anew.
        if (opened === mine) opened = null;
        mine.then((cluster) => cluster.disconnect()).catch(() => undefined);
        if ((error as Error).name === "TidegaugeError") throw error;
        throw sendError(topic, partition, [], (error as Error).message, error);
      }
    },
    async close() {
      await opened?.then((cluster) => cluster.disconnect()).catch(() => undefined);
    },
  };
}

/** The broker's error code; 0: every in-sync replica has the batch. */
async function produce(broker: InnerBroker, topic: string, partition: number, batch: Buffer): Promise<number> {
  await broker.connect();
  const answer: unknown = await broker.connectionPool.send({
    request: {
      apiKey: PRODUCE,
      apiVersion: VERSION,
      apiName: "Produce",
      encode: async () => {
        const buffer = requestBody(topic, partition, batch);
        return { buf: buffer, buffer };
      },
    },
    response: {
      decode: async (data: Buffer) => ({ code: readCode(data), clientSideThrottleTime: null }),
      parse: async ({ code }: { code: number }) => code,
    },
  });
  return answer as number;
}

/** No transaction; one topic, one partition, one batch. */
function requestBody(topic: string, partition: number, batch: Buffer): Buffer {
  const name = Buffer.from(topic);
  const head = Buffer.alloc(2 + 2 + 4 + 4 + 2 + name.length + 4 + 4 + 4);
  let at = head.writeInt16BE(-1, 0);
  at = head.writeInt16BE(ALL_IN_SYNC, at);
  at = head.writeInt32BE(ANSWER_WITHIN_MS, at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt16BE(name.length, at);
  at += name.copy(head, at);
  at = head.writeInt32BE(1, at);
  at = head.writeInt32BE(partition, at);
  head.writeInt32BE(batch.length, at);
  return Buffer.concat([head, batch]);
}

function readCode(data: Buffer): number {
  const { int16, int32, take } = createByteReader(data);
  if (int32() !== 1) throw new RangeError("the broker answers for another topic");
  take(int16());
  if (int32() !== 1) throw new RangeError("the broker answers for another partition");
  int32();
  return int16();
}
