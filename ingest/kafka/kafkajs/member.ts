import type { Batch, Consumer, Kafka } from "kafkajs";
import type { PartitionId } from "../../../engine/source.ts";
import { FETCH, forbiddenGroup, type JoinOptions, type Member, type MemberEvents } from "../port.ts";
import { typesOf } from "./cluster.ts";
import type { Carrier } from "./fetch-response.ts";
import { createInnerCluster } from "./inner-cluster.ts";

const PARTITIONS_AT_ONCE = 32;

export async function joinGroup(kafka: Kafka, options: JoinOptions, events: MemberEvents): Promise<Member> {
  const consumer = createConsumer(kafka, options);
  consumer.on("consumer.group_join", ({ payload }) => {
    const assignment = Object.entries(payload.memberAssignment);
    // The listener runs before the client's first fetch in the new generation.
    for (const [topic, partitions] of assignment) consumer.pause([{ topic, partitions: [...partitions] }]);
    events.assigned(assignment.flatMap(([topic, list]) => list.map((partition) => ({ topic, partition }))));
  });
  consumer.on("consumer.rebalancing", () => events.rebalancing());
  consumer.on("consumer.heartbeat", () => events.heartbeat());
  const named = async (error: Error) =>
    (await isForbidden(kafka, options.group, error)) ? forbiddenGroup(options.group, error) : error;
  consumer.on("consumer.crash", ({ payload }) => void named(payload.error).then(events.failed));
  const one = ({ topic, partition }: PartitionId) => [{ topic, partitions: [partition] }];
  const member: Member = {
    pause: (id) => tell(() => consumer.pause(one(id))),
    resume: (id) => tell(() => consumer.resume(one(id))),
    seek: ({ topic, partition }, offset) => tell(() => consumer.seek({ topic, partition, offset: String(offset) })),
    commit: (offsets) => consumer.commitOffsets(offsets.map((each) => ({ ...each, offset: String(each.offset) }))),
    leave: () => consumer.disconnect().catch(() => {}),
  };
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: async ({ batch, heartbeat, resolveOffset }) => {
        const { topic, partition, fetchedOffset, rawMessages } = batch as Batch & {
          readonly fetchedOffset: string;
          readonly rawMessages: readonly Carrier[];
        };
        for (const { fetch } of rawMessages) {
          if (fetch === null) {
            events.forbidden({ topic, partition });
            continue;
          }
          const taken = (nextOffset: number) => resolveOffset(String(nextOffset - 1));
          await events.fetched(
            { topic, partition },
            { ...fetch, askedOffset: Number(fetchedOffset) },
            taken,
            heartbeat,
          );
        }
      },
    });
  } catch (error) {
    await member.leave();
    throw await named(error as Error);
  }
  return member;
}

/** The client passes over what brokers say when it looks for the group's coordinator: then one is asked again. */
async function isForbidden(kafka: Kafka, group: string, error: Error): Promise<boolean> {
  if (typesOf(error).includes(FORBIDDEN_GROUP)) return true;
  if (!/group coordinator/i.test(error.message)) return false;
  const cluster = createInnerCluster(kafka);
  try {
    await cluster?.connect();
    await cluster?.brokerPool.seedBroker.findGroupCoordinator({ groupId: group, coordinatorType: 0 });
    return false;
  } catch (answer) {
    return typesOf(answer).includes(FORBIDDEN_GROUP);
  } finally {
    await cluster?.disconnect().catch(() => undefined);
  }
}

const FORBIDDEN_GROUP = "GROUP_AUTHORIZATION_FAILED";

/** A consumer that crashed or left refuses orders; its feeds end with it. */
function tell(order: () => void): void {
  try {
    order();
  } catch (error) {
    if ((error as Error).name !== "KafkaJSNonRetriableError") throw error;
  }
}

function createConsumer(kafka: Kafka, { group, sessionMs, heartbeatMs }: JoinOptions): Consumer {
  return kafka.consumer({
    groupId: group,
    sessionTimeout: sessionMs,
    heartbeatInterval: heartbeatMs,
    rebalanceTimeout: Math.max(60_000, sessionMs),
    allowAutoTopicCreation: false,
    // Also how soon a partition is fetched after its claim.
    maxWaitTimeInMs: FETCH.waitMs,
    minBytes: 1,
    maxBytes: FETCH.bytes,
    maxBytesPerPartition: FETCH.partitionBytes,
    // A crashed consumer is replaced, not restarted: its state is not to be trusted.
    // Brokers give a lost one up after 9 s where they are left as they come: so long it is tried.
    retry: { initialRetryTime: 200, maxRetryTime: 1000, retries: 15, restartOnFailure: async () => false },
  });
}
