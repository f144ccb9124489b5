import { setTimeout as sleep } from "node:timers/promises";

/** Between two looks for who leads instead. */
const LOOK_MS = 250;
const GONE = ["KafkaJSConnectionError", "KafkaJSConnectionClosedError", "KafkaJSBrokerNotFound"];

/**
 * A broker that refuses connections is for kafkajs an error of the whole consumer: after a few tries the membership ends,
 * and the next one waits until the group has given the old one up. Told as a broker that is not known it makes the client
 * ask who leads the partitions now, while those of other brokers go on.
 */
export async function reach<T>(find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    if (!isGone(error)) throw error;
    await sleep(LOOK_MS);
    throw Object.assign(error as Error, { name: "KafkaJSBrokerNotFound" });
  }
}

export interface Coordinator {
  heartbeat(options: unknown): Promise<unknown>;
  joinGroup(options: unknown): Promise<unknown>;
  syncGroup(options: unknown): Promise<unknown>;
}

/**
 * kafkajs sends its heartbeats to the coordinator that it knows until it gives up, also when that one is gone, and a new
 * one that is still reading what it took over ends a join for good: the member stays in its old generation then, in which
 * nothing is ours any more. Told that a broker coordinates no more, or not yet, it looks for the one that does, joins
 * again, and stays the same member.
 */
export function leaveLostCoordinator(broker: Coordinator): void {
  for (const name of ["heartbeat", "joinGroup", "syncGroup"] as const) {
    const ask = broker[name].bind(broker);
    broker[name] = async (options) => {
      try {
        return await ask(options);
      } catch (error) {
        throw isGone(error) || isNotReady(error)
          ? Object.assign(error as Error, { type: "NOT_COORDINATOR_FOR_GROUP" })
          : error;
      }
    };
  }
}

function isNotReady(error: unknown): boolean {
  const { type } = error as { readonly type?: string };
  return type === "GROUP_LOAD_IN_PROGRESS" || type === "GROUP_COORDINATOR_NOT_AVAILABLE";
}

function isGone(error: unknown): boolean {
  return GONE.includes((error as Error).name);
}
