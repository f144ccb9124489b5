import type { Bank, Entry } from "./bank.ts";
import { snapshotOf } from "./bank.ts";
import type { Clock } from "./clock.ts";
import { unpackState } from "./key-header.ts";
import type { Handed } from "./lane-memory.ts";
import type { Monitor } from "./monitor.ts";
import type { Patience } from "./patience.ts";
import { type Groups, samePartitions, writeAll } from "./rekey.ts";
import type { LaneName, Store } from "./store.ts";

/** What a lane that is the first of two stages gives to the second, and hears from it. */
export interface HandOver {
  /** At the claim: throws REPARTITION_TOPIC where the internal topic has other partitions than before. */
  begin(topicId: string, before: Handed | null): Promise<void>;
  /** What the event at this offset hands over, in order. */
  take(key: string, place: { readonly offset: number; readonly time: number | null }, bodies: readonly object[]): void;
  /**
   * Before a commit: writes what was taken until every in-sync replica has it. Killed before the commit, the lane makes the
   * same records again from its committed states, under the same numbers, and the second stage passes over them.
   */
  send(): Promise<Handed>;
  /**
   * Before a commit, now and then: the states of keys with events lately adopt what the second stage has committed, so that
   * both are in one transaction and what comes after it is decided alike whoever does it.
   */
  adopt(bank: Bank): Promise<void>;
  /** Back to what is committed. */
  rewind(committed: Handed | null): void;
}

/** Between two looks at what the second stage learnt, wall clock. */
const ADOPT_EVERY_MS = 2000;
/** Read at a time. */
const TOGETHER = 16;

export function createHandOver(
  monitor: Monitor,
  { rekey, adopt }: NonNullable<Monitor["gather"]>,
  name: LaneName,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  retrying: Patience["retrying"],
): HandOver {
  const suffix = `@${name.partition}`.length;
  let partitions = 0;
  let count = 0;
  let groups: Groups = new Map();
  let from = { topicId: "", partition: name.partition };
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Events of the second stage's state when a key adopted it. */
  const adopted = new Map<string, number>();

  const adoptOne = async (entry: Entry): Promise<boolean> => {
    const key = entry.key.slice(0, -suffix);
    const stored = await retrying(() => store.key(name.run, name.monitor, key));
    if (stored === null || stored.events === adopted.get(key)) return false;
    const { version, running } = unpackState(stored.blob);
    const [second] = await monitor.model.load([snapshotOf(monitor.detector, stored, version, running)]);
    adopt(entry.state, second);
    adopted.set(key, stored.events);
    return true;
  };

  return {
    async begin(topicId, before) {
      partitions = await rekey.partitions();
      samePartitions(rekey, name.monitor, partitions, before?.partitions);
      from = { topicId, partition: name.partition };
    },
    take(suffixed, { offset, time }, bodies) {
      const key = suffixed.slice(0, -suffix);
      const to = rekey.partitionOf(key, partitions);
      const group = groups.get(to) ?? [];
      groups.set(to, group);
      for (const body of bodies) {
        const record = { offset, time, key: Buffer.from(key), value: Buffer.from(JSON.stringify(body)) };
        group.push({ record, key, from, ordinal: count++ });
      }
    },
    async send() {
      await writeAll(rekey, groups, retrying, (records) => {
        monitor.counters.rekeyed += records;
      });
      return { count, partitions };
    },
    async adopt(bank) {
      const now = clock.now();
      if (now - lookedAt < ADOPT_EVERY_MS) return;
      const lately = [...bank.entries()].filter(({ touchedAt }) => touchedAt >= lookedAt);
      lookedAt = now;
      for (let i = 0; i < lately.length; i += TOGETHER) {
        const some = lately.slice(i, i + TOGETHER);
        const changed = await Promise.all(some.map(adoptOne));
        some.forEach((entry, j) => {
          if (changed[j]) bank.touch(entry, entry.touchedAt);
        });
      }
    },
    rewind(committed) {
      groups = new Map();
      count = committed?.count ?? 0;
      // What was adopted and not committed is gone with the states.
      adopted.clear();
    },
  };
}
