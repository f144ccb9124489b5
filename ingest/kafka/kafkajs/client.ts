import { createRequire } from "node:module";
import { Kafka, type KafkaConfig, type LogEntry, logLevel } from "kafkajs";
import type { Log } from "../../../engine/log.ts";
import type { KafkaClient, KafkaConnection } from "../port.ts";
import { createCluster } from "./cluster.ts";
import { decodeFetchesOurselves } from "./fetch-response.ts";
import { joinGroup } from "./member.ts";
import { createProducer } from "./producer.ts";
import { openReader } from "./reader.ts";

export function createKafkajsClient(connection: KafkaConnection, log: Log): KafkaClient {
  const kafka = createKafkajs(connection, log);
  decodeFetchesOurselves(kafka);
  return {
    cluster: createCluster(kafka),
    join: (options, events) => joinGroup(kafka, options, events),
    read: (topic) => openReader(kafka, topic),
    producer: () => createProducer(kafka),
  };
}

/** The library's own client, logging into ours, asleep when idle. */
export function createKafkajs(connection: KafkaConnection, log: Log): Kafka {
  calmRequestQueue();
  return new Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId ?? "tidegauge",
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl as NonNullable<KafkaConfig["sasl"]> }),
    connectionTimeout: 5000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 3000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => createLogger(log),
  });
}

const REPEAT_MS = 10_000;

/**
 * What kafkajs calls an error is mostly a broker that it will find again; what stays wrong we say ourselves. It says
 * the same many times a second while a broker is away: here once in ten seconds.
 */
function createLogger(log: Log): (entry: LogEntry) => void {
  const said = new Map<string, { readonly at: number; repeats: number }>();
  return ({ level, log: line }) => {
    const { message, timestamp: _, logger: __, stack: ___, ...data } = line;
    const before = said.get(message);
    if (before !== undefined && Date.now() - before.at < REPEAT_MS) {
      before.repeats += 1;
      return;
    }
    if (said.size > 100) said.clear();
    said.set(message, { at: Date.now(), repeats: 0 });
    const details = before?.repeats ? { ...data, repeats: before.repeats } : data;
    if (level === logLevel.ERROR) log.warn(`kafka client: ${message}`, details);
    else log.info(`kafka client: ${message}`, details);
  };
}

interface RequestQueue {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
}

let calmed = false;

/**
 * kafkajs 2.2.4 sets a timer for a time long past after every response, again and again, pending requests or not: a
 * wake-up each millisecond on an idle connection, and a warning each time on newer Node. A check is needed only while
 * requests are pending.
 */
function calmRequestQueue(): void {
  if (calmed) return;
  calmed = true;
  const load = createRequire(import.meta.url);
  const { prototype } = load("kafkajs/src/network/requestQueue") as {
    prototype: RequestQueue & { scheduleCheckPendingRequests(this: RequestQueue): void };
  };
  prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const wait = Math.max(this.throttledUntil - Date.now(), 10);
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, wait);
  };
}
