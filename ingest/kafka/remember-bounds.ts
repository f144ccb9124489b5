import { type Bounds, unavailable } from "./port.ts";

const KEPT_MS = 1000;

/** Asks for the bounds of a topic's partitions at most once a second, unless they must be fresh. */
export function rememberBounds(
  ask: (topic: string) => Promise<ReadonlyMap<number, Bounds>>,
): (topic: string, partition: number, fresh?: boolean) => Promise<Bounds> {
  const kept = new Map<string, { readonly at: number; readonly bounds: Promise<ReadonlyMap<number, Bounds>> }>();
  return async (topic, partition, fresh = false) => {
    let entry = kept.get(topic);
    if (entry === undefined || fresh || Date.now() - entry.at > KEPT_MS) {
      entry = { at: Date.now(), bounds: ask(topic) };
      kept.set(topic, entry);
      entry.bounds.catch(() => kept.delete(topic));
    }
    const bounds = (await entry.bounds).get(partition);
    if (bounds === undefined) throw unavailable(topic, `partition ${partition} is unknown`);
    return bounds;
  };
}
