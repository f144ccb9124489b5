import { isIP } from "node:net";
import type { ConsumerOptions } from "@platformatic/kafka";
import type { Log } from "../../../engine/log.ts";
import type { KafkaClient, KafkaConnection, TlsOptions } from "../port.ts";
import { createCluster } from "./cluster.ts";
import { joinGroup } from "./member.ts";
import { createProducer } from "./producer.ts";
import { openReader } from "./reader.ts";

type Options = ConsumerOptions<Buffer, Buffer, Buffer, Buffer>;

/** @platformatic/kafka for group, connections and requests; fetching and decoding are ours. Brokers from 3.1 on. */
export function createPlatformaticClient(connection: KafkaConnection, log: Log): KafkaClient {
  const base = optionsOf(connection);
  return {
    cluster: createCluster(base),
    join: (options, events) => joinGroup(base, options, events, log),
    read: (topic) => openReader(base, topic),
    producer: () => createProducer(base),
  };
}

export type ClientOptions = Omit<Options, "groupId">;

function optionsOf({ brokers, clientId, ssl, sasl }: KafkaConnection): ClientOptions {
  return {
    clientId: clientId ?? "tidegauge",
    bootstrapBrokers: [...brokers],
    autocreateTopics: false,
    connectTimeout: 5000,
    requestTimeout: 30_000,
    retries: 5,
    retryDelay: 300,
    ...(ssl === undefined || ssl === false ? {} : { tls: ssl === true ? {} : { ...ssl }, ...serverName(brokers, ssl) }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl, mechanism: MECHANISMS[sasl.mechanism] } }),
  };
}

/** Brokers behind one address are told apart by the name that is asked for; an address may not be asked for. */
function serverName(brokers: readonly string[], ssl: true | TlsOptions): { tlsServerName?: string | boolean } {
  if (typeof ssl === "object" && ssl.servername) return { tlsServerName: ssl.servername };
  return { tlsServerName: brokers.every((each) => isIP(each.replace(/:\d+$/, "").replace(/^\[|\]$/g, "")) === 0) };
}

const MECHANISMS = { plain: "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512" } as const;
