import type { Kafka } from "kafkajs";

export interface InnerBroker {
  connect(): Promise<void>;
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { send(exchange: unknown): Promise<string | null> };
  fetch(options: unknown): Promise<unknown>;
  findGroupCoordinator(which: { readonly groupId: string; readonly coordinatorType: number }): Promise<unknown>;
}

/** kafkajs's own connections to a cluster, with TLS and SASL: for requests that its public interface does not offer. */
export interface InnerCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  /** Partitions by the node that leads them. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(which: { readonly nodeId: string }): Promise<InnerBroker>;
  readonly brokerPool: { readonly seedBroker: InnerBroker };
}

/** Made anew and not connected; null where this kafkajs hides it elsewhere. */
export function createInnerCluster(kafka: Kafka): InnerCluster | null {
  const create = Object.getOwnPropertySymbols(kafka).find((each) => each.description?.endsWith(":createCluster"));
  if (create === undefined) return null;
  const client = kafka as unknown as Record<symbol, (options: object) => InnerCluster>;
  return client[create]!({ metadataMaxAge: 300_000, allowAutoTopicCreation: false });
}
