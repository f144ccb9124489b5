import { TidegaugeError } from "../engine/errors.ts";
import type { Log } from "../engine/log.ts";
import type { Monitor } from "../engine/monitor.ts";
import type { Feed } from "../engine/service.ts";
import type { Inbox } from "../engine/store.ts";
import { createFileSource } from "../ingest/file.ts";
import { createInboxSource } from "../ingest/inbox.ts";
import type { InternalTopic } from "../ingest/kafka/internal-topic.ts";
import type { KafkaConnection, TlsOptions } from "../ingest/kafka/port.ts";
import { createKafkaSource } from "../ingest/kafka.ts";
import { createStdinSource } from "../ingest/stdin.ts";
import type { OpenMonitor } from "./assemble.ts";
import { readSecret } from "./config/load.ts";
import type { Config, MonitorConfig } from "./config/schema.ts";
import { pathFrom } from "./paths.ts";

export interface Feeds {
  readonly feeds: readonly Feed[];
  /** New inbox rows of a monitor are there. */
  poke(monitor: string): void;
}

/** One Kafka consumer for all topics; a source of its own for each file, standard input and inbox. */
export function openFeeds(
  config: Config,
  monitors: ReadonlyMap<string, OpenMonitor>,
  inbox: Inbox,
  folder: string,
  log: Log,
): Feeds {
  const feeds: Feed[] = [];
  const pokes = new Map<string, () => void>();
  const byTopic = new Map<string, OpenMonitor[]>();
  const maxLineBytes = config.limits.recordBytes;
  let stdin = false;
  for (const [name, { source }] of Object.entries(config.monitors)) {
    const monitor = monitors.get(name)!;
    if (!source)
      throw new TidegaugeError("CONFIG_INVALID", {
        where: `monitors.${name}`,
        what: "has no source",
        fix: "Add one: kafka, file, stdin or http",
      });
    if (source.kafka) {
      byTopic.set(source.kafka.topic, [...(byTopic.get(source.kafka.topic) ?? []), monitor]);
    } else if (source.file) {
      feeds.push(
        own(
          createFileSource({ path: pathFrom(folder, source.file.path), follow: source.file.follow, maxLineBytes, log }),
          monitor,
        ),
      );
    } else if (source.http) {
      const inboxSource = createInboxSource({ inbox, monitor: name, log });
      pokes.set(name, () => inboxSource.poke());
      feeds.push(own(inboxSource, monitor));
    } else {
      if (stdin)
        throw new TidegaugeError("CONFIG_INVALID", {
          where: `monitors.${name}.source.stdin`,
          what: "standard input is taken by another monitor",
          fix: "Give one of them another source",
        });
      stdin = true;
      feeds.push(own(createStdinSource({ maxLineBytes }), monitor));
    }
  }
  if (byTopic.size > 0) feeds.push(kafkaFeed(config, byTopic, folder, log));
  return { feeds, poke: (monitor) => pokes.get(monitor)?.() };
}

function own(source: Feed["source"], monitor: Monitor): Feed {
  return { source, monitors: [monitor], monitorsOf: () => [monitor] };
}

/** Brokers and credentials, secrets and certificates read. */
export function kafkaConnection(config: Config, folder: string): KafkaConnection {
  const { brokers, ssl, sasl } = config.kafka!;
  const tls = typeof ssl === "boolean" ? ssl : tlsOf(ssl, folder);
  if (!sasl) return { brokers, ssl: tls };
  const username = readSecret(sasl.username, process.env, "kafka.sasl.username");
  const password = readSecret(sasl.password, process.env, "kafka.sasl.password");
  return { brokers, ssl: tls, sasl: { mechanism: sasl.mechanism, username, password } };
}

function tlsOf(ssl: Exclude<NonNullable<Config["kafka"]>["ssl"], boolean>, folder: string): TlsOptions {
  const { ca, cert, key, passphrase, servername } = ssl;
  const pem = (name: string, path: string | undefined): Record<string, string> =>
    path === undefined
      ? {}
      : { [name]: readSecret({ file: pathFrom(folder, path) }, process.env, `kafka.ssl.${name}`) };
  return {
    ...pem("ca", ca),
    ...pem("cert", cert),
    ...pem("key", key),
    ...(passphrase === undefined ? {} : { passphrase: readSecret(passphrase, process.env, "kafka.ssl.passphrase") }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** The topic through which a monitor's events are keyed anew; null: they are not. */
export function internalTopicOf(name: string, monitor: MonitorConfig, config: Config): InternalTopic | null {
  const { repartition, source } = monitor;
  if (repartition === false || !source?.kafka || !config.kafka) return null;
  const asked: Partial<Exclude<typeof repartition, boolean>> = repartition === true ? {} : repartition;
  return {
    topic: `tidegauge.${config.kafka.group}.${name}.repartition`,
    monitor: name,
    source: source.kafka.topic,
    partitions: asked.partitions ?? null,
    replicationFactor: asked.replicationFactor ?? null,
    retentionMs: Math.round((asked.retentionHours ?? 168) * 3_600_000),
    recordBytes: config.limits.recordBytes,
  };
}

function kafkaFeed(
  config: Config,
  byTopic: ReadonlyMap<string, readonly OpenMonitor[]>,
  folder: string,
  log: Log,
): Feed {
  const source = createKafkaSource({
    ...kafkaConnection(config, folder),
    client: config.kafka!.client,
    group: config.kafka!.group,
    sessionMs: config.kafka!.sessionSeconds * 1000,
    heartbeatMs: Math.min(1000, (config.kafka!.sessionSeconds * 1000) / 4),
    // A topic starts where its monitors want it to: from the first record if any of them does.
    topics: [...byTopic].map(([topic, monitors]) => ({
      topic,
      from: monitors.some((m) => m.from === "earliest") ? "earliest" : "latest",
    })),
    log,
  });
  const listening = new Map<string, readonly Monitor[]>();
  for (const [topic, monitors] of byTopic) {
    const opened = monitors.map((monitor): Monitor => {
      const internal = internalTopicOf(monitor.name, config.monitors[monitor.name]!, config);
      if (internal === null) return monitor;
      const rekey = source.rekey(internal, monitor.keyOf);
      const [first, second] = monitor.inStages?.(rekey) ?? [null, { ...monitor, rekey }];
      listening.set(internal.topic, [second]);
      return first ?? second;
    });
    listening.set(topic, opened);
  }
  // Of two stages the second stands for both.
  const monitors = [...new Set([...listening.values()].flat())].filter((monitor) => !monitor.gather);
  return { source, monitors, monitorsOf: (topic) => listening.get(topic) ?? [] };
}
