import type { Kafka } from "kafkajs";
import { type RecordProducer, sendError, unavailable } from "../port.ts";
import { PRODUCE, PRODUCE_VERSION, produceRequest, readProduceAnswer, refusal } from "../records/produce.ts";
import { writeBatch } from "../records/write-batch.ts";
import { createInnerCluster, type InnerBroker, type InnerCluster } from "./inner-cluster.ts";

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
        if (failure !== 0) throw refusal(topic, partition, failure);
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
      apiVersion: PRODUCE_VERSION,
      apiName: "Produce",
      encode: async () => {
        const buffer = produceRequest(topic, partition, batch);
        return { buf: buffer, buffer };
      },
    },
    response: {
      decode: async (data: Buffer) => ({ code: readProduceAnswer(data), clientSideThrottleTime: null }),
      parse: async ({ code }: { code: number }) => code,
    },
  });
  return answer as number;
}
