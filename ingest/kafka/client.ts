import { createRequire } from "node:module";
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from "kafkajs";
import type { Log } from "../../engine/log.ts";
import { registerCodecs } from "./codecs.ts";

export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** True, or what Node's TLS takes. */
  readonly ssl?: Exclude<KafkaConfig["ssl"], undefined>;
  readonly sasl?: SASLOptions;
}

/** A kafkajs client that logs into ours, knows every codec, and sleeps when idle. */
export function createClient(connection: KafkaConnection, log: Log): Kafka {
  calmRequestQueue();
  registerCodecs();
  return new Kafka({
    brokers: [...connection.brokers],
    clientId: connection.clientId ?? "tidegauge",
    ...(connection.ssl === undefined ? {} : { ssl: connection.ssl }),
    ...(connection.sasl === undefined ? {} : { sasl: connection.sasl }),
    connectionTimeout: 5000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 3000, retries: 5 },
    logLevel: logLevel.WARN,
    // What kafkajs calls an error is mostly a broker that it will find again; what stays wrong we say ourselves.
    logCreator: () => (entry) => {
      const { message, timestamp: _, logger: __, stack: ___, ...data } = entry.log;
      if (entry.level === logLevel.ERROR) log.warn(`kafka client: ${message}`, data);
      else log.info(`kafka client: ${message}`, data);
    },
  });
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
