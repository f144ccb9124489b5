import type { Clock } from "./clock.ts";
import { bringSchemas } from "./decode.ts";
import { TidegaugeError } from "./errors.ts";
import type { Log } from "./log.ts";
import type { Meter } from "./meter.ts";
import type { Monitor } from "./monitor.ts";
import { createPatience } from "./patience.ts";
import { createQueue } from "./queue.ts";
import { type Groups, type Rekey, type Rekeyed, samePartitions, writeAll } from "./rekey.ts";
import type { RawRecord } from "./source.ts";
import type { Station } from "./station.ts";
import type { LaneName, Store } from "./store.ts";
import { createTenure } from "./tenure.ts";

export interface StageContext {
  readonly store: Store;
  readonly meter: Meter;
  readonly clock: Clock;
  readonly log: Log;
}

/** Name under which the position remembers how many partitions were written to. */
const PARTITIONS = "tidegauge-partitions";
const NONE = {};
const NOTHING = { states: [], signals: [], episodes: [], notifications: [], deadLetters: [], series: [], commands: [] };

/**
 * One partition of the source of a monitor whose events are keyed anew. Its position moves only behind what was
 * acknowledged: killed in between it writes some again, and the lanes pass over those.
 */
export function createStage(monitor: Monitor, rekey: Rekey, name: LaneName, context: StageContext): Station {
  const { clock, log } = context;
  const exclusive = createQueue();
  const patience = createPatience(name.monitor, clock, log);
  const { retrying } = patience;
  const tenure = createTenure(name, context, retrying);
  let partitions = 0;
  let topicId = "";
  /** Dead letters that were written already, and that no lane has come to. */
  let fedAgain: ReadonlySet<number> = new Set();
  let sinceCommit = 0;
  let closed = false;
  let failure: TidegaugeError | null = null;

  /** What no later try can mend halts the stage. */
  const orHalt = <T>(work: () => Promise<T>): Promise<T> =>
    exclusive(async () => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof TidegaugeError && !error.retryable && failure === null) {
          failure = error;
          tenure.rewind();
          log.error(error.message, { code: error.code, monitor: name.monitor, ...placeOf(name) });
        }
        if (error instanceof TidegaugeError && error.code === "FENCED") void drop();
        throw error;
      }
    });

  const commit = async (): Promise<void> => {
    await tenure.commit({ ...NOTHING, cursor: { [PARTITIONS]: partitions } });
    sinceCommit = 0;
  };

  const due = (): boolean =>
    sinceCommit >= monitor.checkpoint.events || tenure.sinceCommitMs() >= monitor.checkpoint.ms;

  const group = <R extends RawRecord>(
    records: readonly R[],
    also: (record: R) => Pick<Rekeyed, "again"> = () => NONE,
  ): Groups => {
    const groups: Groups = new Map();
    const from = { topicId, partition: name.partition };
    for (const record of records) {
      const key = rekey.keyOf(record);
      if (key === null) continue;
      // One without a key has no place of its own: those of a partition stay together.
      const to = typeof key === "string" ? rekey.partitionOf(key, partitions) : name.partition % partitions;
      const rekeyed = { record, key, from, ...also(record) };
      const group = groups.get(to);
      if (group) group.push(rekeyed);
      else groups.set(to, [rekeyed]);
    }
    return groups;
  };

  const write = (groups: Groups): Promise<void> =>
    writeAll(rekey, groups, retrying, (records) => {
      monitor.counters.rekeyed += records;
    });

  const drop = (): Promise<void> => {
    closed = true;
    patience.giveUp();
    return exclusive(async () => tenure.end());
  };

  return {
    name,
    from: monitor.from,
    claim: (identity) =>
      orHalt(async () => {
        partitions = await rekey.partitions();
        const claim = await tenure.claim(identity);
        topicId = claim.identity ?? "";
        samePartitions(rekey, name.monitor, partitions, claim.cursor?.[PARTITIONS]);
        return claim;
      }),
    position: tenure.next,
    committed: tenure.committed,
    sinceCommitMs: tenure.sinceCommitMs,
    identity: () => (topicId === "" ? null : topicId),
    startAt(offset) {
      if (tenure.next() === null) tenure.moveTo(offset);
    },
    process: (batch) =>
      orHalt(async () => {
        if (failure) throw failure;
        const next = tenure.next();
        if (closed || !tenure.claimed()) throw new TidegaugeError("FENCED", { lane: name.monitor, epoch: 0 });
        const records = next === null ? batch.records : batch.records.filter((record) => record.offset >= next);
        await bringSchemas(monitor.beforeDecode, records, 0, records.length, retrying);
        await write(group(records));
        sinceCommit += records.length;
        if (batch.nextOffset > (next ?? 0)) tenure.moveTo(batch.nextOffset);
        if (due()) await commit();
      }),
    checkpoint: (now) =>
      orHalt(async () => {
        if (failure || closed || !tenure.claimed() || tenure.next() === tenure.committed().nextOffset) return;
        if (now || due()) await commit();
      }),
    replay: (letters) =>
      orHalt(async () => {
        const fresh = letters.filter(({ sequence }) => !fedAgain.has(sequence));
        fedAgain = new Set(letters.map(({ sequence }) => sequence));
        if (fresh.length === 0 || failure || closed || !tenure.claimed()) return false;
        await bringSchemas(monitor.beforeDecode, fresh, 0, fresh.length, retrying);
        await write(group(fresh, (letter) => ({ again: letter.sequence })));
        // Their lanes tell what came of them.
        return false;
      }),
    error: () => failure,
    drop,
  };
}

function placeOf({ topic, partition }: LaneName) {
  return { topic, partition };
}
