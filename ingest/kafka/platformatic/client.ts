import type { ConsumerOptions } from "@platformatic/kafka";
import type { Log } from "../../../engine/log.ts";
import type { KafkaClient, KafkaConnection } from "../port.ts";
import { createCluster } from "./cluster.ts";
import { joinGroup } from "./member.ts";

type Options = ConsumerOptions<Buffer, Buffer, Buffer, Buffer>;

/** @platformatic/kafka for group, connections and requests; fetching and decoding are ours. Brokers from 3.1 on. */
export function createPlatformaticClient(connection: KafkaConnection, log: Log): KafkaClient {
  const base = optionsOf(connection);
  return { cluster: createCluster(base), join: (options, events) => joinGroup(base, options, events, log) };
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
    ...(ssl === undefined || ssl === false ? {} : { tls: ssl === true ? {} : { ...ssl } }),
    // Brokers given by name are asked for by it.
    ...(ssl === undefined || ssl === false
      ? {}
      : { tlsServerName: typeof ssl === "object" && ssl.servername ? ssl.servername : true }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl, mechanism: MECHANISMS[sasl.mechanism] } }),
  };
}

const MECHANISMS = { plain: "PLAIN", "scram-sha-256": "SCRAM-SHA-256", "scram-sha-512": "SCRAM-SHA-512" } as const;
