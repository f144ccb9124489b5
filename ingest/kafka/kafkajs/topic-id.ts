import type { Kafka } from "kafkajs";
import { createByteReader } from "../byte-reader.ts";
import { createInnerCluster } from "./inner-cluster.ts";

const METADATA = 3;
/** The first version that carries topic ids (brokers from 2.8 on). */
const VERSION = 10;

/** The topic's id, which kafkajs does not know of: one Metadata request over its own connection, TLS and SASL included. */
export async function fetchTopicId(kafka: Kafka, topic: string): Promise<string | null> {
  const cluster = createInnerCluster(kafka);
  if (cluster === null) return null;
  await cluster.connect();
  try {
    const { seedBroker: broker } = cluster.brokerPool;
    await broker.connect();
    if ((broker.versions[METADATA]?.maxVersion ?? 0) < VERSION) return null;
    return await broker.connectionPool.send({
      request: {
        apiKey: METADATA,
        apiVersion: VERSION,
        apiName: "Metadata",
        encode: async () => encoded(requestBody(topic)),
      },
      response: {
        decode: async (data: Buffer) => ({ id: readTopicId(data), clientSideThrottleTime: null }),
        parse: async ({ id }: { id: string | null }) => id,
      },
    });
  } finally {
    await cluster.disconnect();
  }
}

/** What kafkajs's encoder takes from another encoder. */
function encoded(buffer: Buffer): object {
  return { buf: buffer, buffer };
}

/** Ends the header with its empty tags; one topic by name; no creation, no authorisations, no tags. */
function requestBody(topic: string): Buffer {
  const name = Buffer.from(topic);
  return Buffer.concat([
    Buffer.from([0, 2]),
    Buffer.alloc(16),
    encodeUvarint(name.length + 1),
    name,
    Buffer.from([0, 0, 0, 0, 0]),
  ]);
}

function readTopicId(data: Buffer): string | null {
  const { int16, int32, uvarint, take } = createByteReader(data);
  const string = (): void => void take(Math.max(uvarint() - 1, 0));
  const tags = (): void => {
    for (let count = uvarint(); count > 0; count--) {
      uvarint();
      take(uvarint());
    }
  };
  tags();
  int32();
  for (let brokers = uvarint() - 1; brokers > 0; brokers--) {
    int32();
    string();
    int32();
    string();
    tags();
  }
  string();
  int32();
  if (uvarint() !== 2 || int16() !== 0) return null;
  string();
  return take(16).toString("hex");
}

function encodeUvarint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) return Buffer.from(bytes);
  }
}
