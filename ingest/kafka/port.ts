import { TidegaugeError } from "../../engine/errors.ts";
import type { PartitionId, RecordHeader } from "../../engine/source.ts";
import type { RawFetch } from "./records/batch.ts";

/** Brokers and how to be let in: what every client takes. */
export interface KafkaConnection {
  readonly brokers: readonly string[];
  readonly clientId?: string;
  /** True: TLS with the system's authorities. */
  readonly ssl?: boolean | TlsOptions;
  readonly sasl?: SaslOptions;
}

export interface TlsOptions {
  /** PEM of the authorities to trust, instead of the system's. */
  readonly ca?: string;
  /** PEM of our own certificate and key, where brokers ask for them. */
  readonly cert?: string;
  readonly key?: string;
  readonly passphrase?: string;
  /** Name that the brokers' certificates must bear, where it is not their address. */
  readonly servername?: string;
}

export interface SaslOptions {
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
  readonly username: string;
  readonly password: string;
}

/** A client library behind what the source needs of it. */
export interface KafkaClient {
  readonly cluster: Cluster;
  /** Joins a group and fetches what it is given. Rejects when it cannot. */
  join(options: JoinOptions, events: MemberEvents): Promise<Member>;
  /** Reads a topic beside every group: nobody's partitions move, no offset is committed. */
  read(topic: string): Promise<TopicReader>;
  /** Connects at its first record, and anew after a failure. */
  producer(): RecordProducer;
}

/** Fetches when asked, one partition at a time. */
export interface TopicReader {
  /**
   * What stands at the offset and behind it, about `FETCH.partitionBytes`; no bytes: nothing came within
   * `FETCH.waitMs`; null: the partition has no such offset. Rejects SOURCE_UNAVAILABLE, and may be asked again.
   */
  fetch(partition: number, offset: number): Promise<RawFetch | null>;
  close(): Promise<void>;
}

export interface OutRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** None without a value. */
  readonly headers: readonly RecordHeader[];
}

export interface RecordProducer {
  /** One request to one partition, all or none; resolves when every in-sync replica has them. */
  send(topic: string, partition: number, records: readonly OutRecord[]): Promise<void>;
  close(): Promise<void>;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  /** Null: the brokers' default. */
  readonly replicationFactor: number | null;
  readonly config: Readonly<Record<string, string>>;
}

/** Where a partition begins and ends. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

/** Questions to the cluster beside the group. A connection that failed is thrown away. */
export interface Cluster {
  /** Partitions per topic; SOURCE_MISSING for one that does not exist, SOURCE_FORBIDDEN for one that is not for us. */
  partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Asked at most once a second per topic, unless they must be fresh. */
  bounds(topic: string, partition: number, fresh?: boolean): Promise<Bounds>;
  /** First offset at or after the time; the end when there is none. */
  offsetAt(topic: string, partition: number, time: number): Promise<number>;
  /** 32 hexadecimal digits: told apart from a recreated topic of the same name; null where the brokers cannot say. */
  topicId(topic: string): Promise<string | null>;
  /** One that is there already is left as it is. Null, or why the brokers refuse for good. */
  createTopic(topic: NewTopic): Promise<string | null>;
  /** One that is not there is no failure. Null, or why the brokers refuse for good. */
  deleteTopic(topic: string): Promise<string | null>;
  close(): Promise<void>;
}

export interface JoinOptions {
  readonly group: string;
  readonly topics: readonly string[];
  readonly sessionMs: number;
  readonly heartbeatMs: number;
}

/** What a member is told. None of it waits for an answer but `fetched`. */
export interface MemberEvents {
  /** A new generation: these are ours, all paused until resumed. Before their first fetch. */
  assigned(partitions: readonly PartitionId[]): void;
  /** The group gathers anew: what we have may go to others. */
  rebalancing(): void;
  /** The group confirmed us. */
  heartbeat(): void;
  /** Resolves when this partition may be fetched from again; `taken` says how far it was taken meanwhile. */
  fetched(
    partition: PartitionId,
    fetch: RawFetch,
    taken: (nextOffset: number) => void,
    heartbeat: () => Promise<void>,
  ): Promise<void>;
  /** The brokers do not let us read it. */
  forbidden(partition: PartitionId): void;
  /** It cannot go on: leave it and join anew, unless the error is one that no later try can mend. */
  failed(error: Error): void;
}

/** A membership from join to leave. Orders for what is not ours, or after the end, are ignored. */
export interface Member {
  pause(partition: PartitionId): void;
  resume(partition: PartitionId): void;
  seek(partition: PartitionId, offset: number): void;
  /** The group's own offsets, for lag tools. */
  commit(offsets: readonly (PartitionId & { readonly offset: number })[]): Promise<void>;
  leave(): Promise<void>;
}

/** Bytes that one fetch brings of a partition and in all, and how long it waits for some. */
export const FETCH = { partitionBytes: 1 << 20, bytes: 8 << 20, waitMs: 250 } as const;

export function missingTopic(topic: string, cause: unknown): TidegaugeError {
  const fix = `Create it, or correct the topic in the monitor's source (kafka-topics.sh --create --topic ${topic})`;
  return new TidegaugeError(
    "SOURCE_MISSING",
    { source: `kafka topic ${topic}`, what: "the brokers do not know it", fix },
    cause,
  );
}

/** What brokers say to who may not see or read a topic, or be in a group. */
export const FORBIDDEN = { TOPIC_AUTHORIZATION_FAILED: 29, GROUP_AUTHORIZATION_FAILED: 30 } as const;

export function forbiddenTopic(topic: string, cause?: unknown): TidegaugeError {
  const why = "TOPIC_AUTHORIZATION_FAILED";
  const fix = `describe and read this topic (kafka-acls.sh --add --operation Read --topic ${topic})`;
  return new TidegaugeError("SOURCE_FORBIDDEN", { source: `kafka topic ${topic}`, why, fix }, cause);
}

export function forbiddenGroup(group: string, cause: unknown): TidegaugeError {
  const why = "GROUP_AUTHORIZATION_FAILED";
  const fix = `be in this group (kafka-acls.sh --add --operation Read --group ${group})`;
  return new TidegaugeError("SOURCE_FORBIDDEN", { source: `as consumer group ${group}`, why, fix }, cause);
}

/** What brokers call a request that no later try can mend. */
export const REFUSALS: Readonly<Record<string, number>> = {
  TOPIC_AUTHORIZATION_FAILED: 29,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_CONFIG: 40,
  INVALID_REQUEST: 42,
  MESSAGE_TOO_LARGE: 10,
  RECORD_LIST_TOO_LARGE: 18,
  POLICY_VIOLATION: 44,
  TOPIC_DELETION_DISABLED: 73,
};

export function unavailable(topic: string, why: string, cause?: unknown): TidegaugeError {
  return new TidegaugeError("SOURCE_UNAVAILABLE", { source: `kafka topic ${topic}`, why }, cause);
}

/** Of a send that failed: for good where the brokers refuse it. `types`: their names of what went wrong. */
export function sendError(
  topic: string,
  partition: number,
  types: readonly string[],
  why: string,
  cause: unknown,
): TidegaugeError {
  const refused = types.find((type) => type in REFUSALS);
  if (refused === undefined) return unavailable(`${topic}[${partition}]`, why, cause);
  return new TidegaugeError("TOPIC_NOT_WRITABLE", { topic, partition, why: refused }, cause);
}
