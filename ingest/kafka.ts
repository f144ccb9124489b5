import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../engine/errors.ts";
import { type Log, silentLog } from "../engine/log.ts";
import type { Rekey } from "../engine/rekey.ts";
import type { Intake, Source } from "../engine/source.ts";
import { countOf, ensureInternalTopic, type InternalTopic } from "./kafka/internal-topic.ts";
import type { KafkaClient, KafkaConnection, RecordProducer } from "./kafka/port.ts";
import { createRekey, type OpenRekey } from "./kafka/rekey.ts";
import { openSession, type Session } from "./kafka/session.ts";
import { watchProgress } from "./kafka/watchdog.ts";

/** Where a topic begins for whom no position is stored. */
export type From = "earliest" | "latest" | { readonly time: number };

type Load = (connection: KafkaConnection, log: Log) => Promise<KafkaClient>;

/** The libraries behind the port, each loaded when it is wanted. */
export const CLIENTS = {
  kafkajs: async (connection, log) => (await import("./kafka/kafkajs/client.ts")).createKafkajsClient(connection, log),
  platformatic: async (connection, log) =>
    (await import("./kafka/platformatic/client.ts")).createPlatformaticClient(connection, log),
} as const satisfies Record<string, Load>;

export interface KafkaSourceOptions extends KafkaConnection {
  /** Default kafkajs. */
  readonly client?: keyof typeof CLIENTS;
  readonly group: string;
  readonly topics: readonly (string | { readonly topic: string; readonly from: From })[];
  /** For topics that name none. Default earliest. */
  readonly from?: From;
  /** After this long without a heartbeat the group takes our partitions. Default 15 s. */
  readonly sessionMs?: number;
  /** Default 1 s: also how soon a member notices that another joined. */
  readonly heartbeatMs?: number;
  readonly log?: Log;
}

export interface KafkaSource extends Source {
  /** Partitions of each topic; SOURCE_MISSING for one that does not exist, SOURCE_FORBIDDEN for one that is not for us. */
  partitionsByTopic(): Promise<ReadonlyMap<string, number>>;
  /**
   * A monitor's records are written to this topic too, by its key, and read from there. Before run(); it is created when
   * the source runs.
   */
  rekey(internal: InternalTopic, keyOf: Rekey["keyOf"]): Rekey;
  /** Partitions of a topic that may not be there: null then. */
  partitionsOf(topic: string): Promise<number | null>;
}

const FIRST_BACKOFF_MS = 500;
const MOST_BACKOFF_MS = 10_000;
/** A consumer that lived so long was healthy: the next failure starts over. */
const HEALTHY_MS = 60_000;

/** Topics of one cluster under one group. Positions come from the intake; the group's own offsets are for lag tools. */
export function createKafkaSource(options: KafkaSourceOptions): KafkaSource {
  const log = options.log ?? silentLog;
  let opened: Promise<KafkaClient> | null = null;
  const open = () => {
    opened ??= CLIENTS[options.client ?? "kafkajs"](options, log);
    return opened;
  };
  let producer: RecordProducer | null = null;
  const close = async () => {
    await producer?.close();
    await (await opened)?.cluster.close();
  };
  const produce = async (): Promise<RecordProducer> => {
    const client = await open();
    producer ??= client.producer();
    return producer;
  };
  const rekeys: OpenRekey[] = [];
  const starts = new Map(
    options.topics.map((each) => (typeof each === "string" ? ([each, undefined] as const) : [each.topic, each.from])),
  );
  const topics = [...starts.keys()];
  const fenced = new Set<string>();
  const stop = new AbortController();
  let session: Session | null = null;
  let running = false;

  async function whileUnavailable<T>(what: () => Promise<T>): Promise<T | null> {
    for (let backoff = FIRST_BACKOFF_MS; !stop.signal.aborted; backoff = Math.min(backoff * 2, MOST_BACKOFF_MS)) {
      try {
        return await what();
      } catch (error) {
        if (error instanceof TidegaugeError && !error.retryable) throw error;
        log.warn(`kafka does not answer: ${(error as Error).message}`, { brokers: options.brokers, retryMs: backoff });
        await rest(backoff);
      }
    }
    return null;
  }

  const rest = (ms: number) => sleep(ms, undefined, { signal: stop.signal }).catch(() => {});

  /** One consumer after the other until stop() or something that cannot be mended. */
  async function runSessions(intake: Intake): Promise<void> {
    const present = await whileUnavailable(() => existing(intake));
    if (present === null) return;
    const fatal: unknown[] = [];
    let backoff = FIRST_BACKOFF_MS;
    while (!stop.signal.aborted) {
      const opened = Date.now();
      const failure = await live(intake, present, (error) => fatal.push(error));
      if (fatal.length > 0) throw fatal[0];
      if (failure === null) return;
      if (failure instanceof TidegaugeError && !failure.retryable) throw failure;
      if (Date.now() - opened > HEALTHY_MS) backoff = FIRST_BACKOFF_MS;
      log.error(`kafka consumer failed: ${failure.message}; starting another`, { retryMs: backoff });
      await rest(backoff);
      backoff = Math.min(backoff * 2, MOST_BACKOFF_MS);
    }
  }

  /** A topic that does not exist, or is not for us, stops those who listen to it, not the others. */
  async function existing(intake: Intake): Promise<string[]> {
    const present: string[] = [];
    const missing: { readonly topic: string; readonly error: TidegaugeError }[] = [];
    for (const topic of topics) {
      try {
        await (await open()).cluster.partitions([topic]);
        present.push(topic);
      } catch (error) {
        if (!(error instanceof TidegaugeError) || error.retryable) throw error;
        missing.push({ topic, error });
      }
    }
    if (present.length === 0 && missing[0]) throw missing[0].error;
    const internal: string[] = [];
    for (const rekey of rekeys) {
      const { topic, source } = rekey.internal;
      const lost = missing.find((each) => each.topic === source)?.error;
      const error = lost ?? (await prepare(rekey));
      if (error === null) internal.push(topic);
      else {
        rekey.failed(error);
        if (error !== lost) missing.push({ topic, error });
      }
    }
    for (const { topic, error } of missing) intake.halt({ topic, partition: 0 }, error);
    return [...present, ...internal];
  }

  /** Null, or why its topic cannot be used. */
  async function prepare(rekey: OpenRekey): Promise<TidegaugeError | null> {
    const { topic, source } = rekey.internal;
    try {
      const partitions = await ensureInternalTopic((await open()).cluster, rekey.internal);
      log.info("events are keyed anew", { from: source, through: topic, partitions });
      rekey.ready(partitions);
      return null;
    } catch (error) {
      if (error instanceof TidegaugeError && !error.retryable) return error;
      throw error;
    }
  }

  /** Null: stopped. */
  async function live(
    intake: Intake,
    present: readonly string[],
    fatal: (error: unknown) => void,
  ): Promise<Error | null> {
    const client = await open();
    try {
      session = await openSession({
        client,
        group: options.group,
        topics: present,
        intake,
        log,
        fenced,
        sessionMs: options.sessionMs ?? 15_000,
        heartbeatMs: options.heartbeatMs ?? 1000,
        fatal,
        async beginning({ topic, partition }, bounds) {
          const from = starts.get(topic) ?? options.from ?? "earliest";
          if (from === "earliest") return bounds.low;
          if (from === "latest") return bounds.high;
          const found = await client.cluster.offsetAt(topic, partition, from.time);
          return found < 0 ? bounds.high : found;
        },
      });
    } catch (error) {
      return error as Error;
    }
    const unwatch = watchProgress(session, client.cluster, intake, log);
    const stopped = new Promise<null>((resolve) => {
      if (stop.signal.aborted) resolve(null);
      stop.signal.addEventListener("abort", () => resolve(null), { once: true });
    });
    const outcome = await Promise.race([session.crashed, stopped]);
    unwatch();
    await session.close();
    session = null;
    return outcome;
  }

  return {
    description: `kafka ${topics.map((topic) => `topic ${topic}`).join(", ")}`,
    partitionsByTopic: async () => (await open()).cluster.partitions(topics),
    partitionsOf: async (topic) => countOf((await open()).cluster, topic),
    rekey(internal, keyOf) {
      const rekey = createRekey(internal, keyOf, produce);
      rekeys.push(rekey);
      starts.set(internal.topic, "earliest");
      return rekey;
    },
    async partitionCount() {
      return Math.max(...(await (await open()).cluster.partitions(topics)).values());
    },
    async run(intake) {
      running = true;
      try {
        await runSessions(intake);
      } finally {
        await close();
      }
    },
    async stop() {
      stop.abort();
      if (!running) await close();
    },
    committed: (partition, nextOffset) => session?.commit(partition, nextOffset),
  };
}
