import { TidegaugeError } from "./errors.ts";
import { createLane, type Lane, type LaneContext } from "./lane.ts";
import type { Monitor } from "./monitor.ts";
import type { Claim, Intake, PartitionId, RecordBatch } from "./source.ts";

/** The engine's side of one source: its partitions, each with a lane per monitor that listens to its topic. */
export interface PartitionIntake extends Intake {
  lanes(): Iterable<Lane>;
  highWatermarkOf(partition: PartitionId): number | null;
  errorOf(partition: PartitionId): TidegaugeError | null;
  /** Topics that stopped before anything of them was ours, and why. */
  stopped(): ReadonlyMap<string, TidegaugeError>;
  /** Commits all that is processed; the partitions stay ours. */
  flush(): Promise<void>;
  /** Commits what can be and gives every partition up. */
  close(): Promise<void>;
  /** Ends every wait for the store: what is not committed will be read again. */
  abandon(): void;
}

interface Owned {
  readonly id: PartitionId;
  readonly lanes: readonly Lane[];
  highWatermark: number | null;
  error: TidegaugeError | null;
}

/** `monitorsOf` names the monitors that listen to a topic. */
export function createIntake(
  monitorsOf: (topic: string) => readonly Monitor[],
  context: LaneContext,
  committed: (partition: PartitionId, nextOffset: number) => void,
): PartitionIntake {
  const owned = new Map<string, Owned>();
  const leaving = new Set<Lane>();
  const monitorOf = new WeakMap<Lane, Monitor>();
  /** Topics that stopped before anything of them was ours. */
  const stopped = new Map<string, TidegaugeError>();
  const nameOf = (p: PartitionId): string => `${p.topic}\u0000${p.partition}`;

  const deliver = async (partition: PartitionId, batch: RecordBatch): Promise<void> => {
    const here = owned.get(nameOf(partition));
    if (!here) throw new TidegaugeError("FENCED", { lane: `${partition.topic}[${partition.partition}]`, epoch: 0 });
    let working = 0;
    let failure: TidegaugeError | null = null;
    for (const lane of here.lanes) {
      if (lane.error() === null) {
        try {
          await lane.process(batch);
          working++;
        } catch (error) {
          // A halted lane has its error. Anything else: the records were not taken, and the next ones must not be.
          if (lane.error() === null) throw error;
        }
      }
      failure = lane.error() ?? failure;
    }
    // One monitor's failure does not stop the others on the same partition; the last one's does.
    if (working === 0 && failure) throw failure;
  };

  const release = async (partition: PartitionId): Promise<void> => {
    const here = owned.get(nameOf(partition));
    if (!here) return;
    owned.delete(nameOf(partition));
    for (const lane of here.lanes) leaving.add(lane);
    for (const lane of here.lanes) {
      await lane.checkpoint(true).catch((error: unknown) => {
        if (!(error instanceof TidegaugeError)) throw error;
        context.log.warn(error.message, { monitor: lane.name.monitor });
      });
      await lane.drop();
      leaving.delete(lane);
    }
  };

  return {
    async claim(partition, identity): Promise<Claim> {
      for (const lane of owned.get(nameOf(partition))?.lanes ?? []) await lane.drop();
      const lanes = monitorsOf(partition.topic).map((m) => {
        const lane = createLane(m, { run: m.run, monitor: m.name, ...partition }, context);
        monitorOf.set(lane, m);
        return lane;
      });
      const here: Owned = { id: partition, lanes, highWatermark: null, error: null };
      owned.set(nameOf(partition), here);
      const claims = [];
      for (const lane of lanes) {
        try {
          claims.push({ ...(await lane.claim(identity)), from: monitorOf.get(lane)!.from });
        } catch (error) {
          // A halted monitor keeps its error; the others on the partition go on.
          if (lane.error() === null) throw error;
        }
      }
      if (claims.length === 0 && lanes.length > 0) throw lanes[0]!.error()!;
      const known = claims.flatMap((c) => (c.nextOffset === null ? [] : [c.nextOffset]));
      const fromStart = claims.some((c) => c.nextOffset === null && c.from === "earliest");
      if (known.length === 0 || fromStart) return { nextOffset: null, cursor: null };
      const nextOffset = Math.min(...known);
      return { nextOffset, cursor: claims.find((c) => c.nextOffset === nextOffset)?.cursor ?? null };
    },
    deliver,
    release,
    highWatermark(partition, offset) {
      const here = owned.get(nameOf(partition));
      if (!here) return;
      if (here.highWatermark === null) {
        // A monitor that wants only what is new, beside others that still read older records.
        for (const lane of here.lanes) if (monitorOf.get(lane)!.from === "latest") lane.startAt(offset);
      }
      here.highWatermark = offset;
    },
    gap(partition, from, to) {
      context.log.error("records are gone before they were read: the topic's retention was shorter than our lag", {
        ...partition,
        from,
        to,
        records: to - from,
      });
      for (const lane of owned.get(nameOf(partition))?.lanes ?? []) {
        // A monitor that was further than the others missed less.
        monitorOf.get(lane)!.counters.missed += Math.max(0, to - Math.max(from, lane.position() ?? from));
      }
    },
    halt(partition, error) {
      const here = owned.get(nameOf(partition));
      if (here) here.error = error;
      else stopped.set(partition.topic, error);
      context.log.error(error.message, { code: error.code, ...partition });
    },
    stopped: () => stopped,
    *lanes() {
      for (const here of owned.values()) yield* here.lanes;
    },
    highWatermarkOf: (partition) => owned.get(nameOf(partition))?.highWatermark ?? null,
    errorOf: (partition) => owned.get(nameOf(partition))?.error ?? null,
    async flush() {
      for (const here of owned.values()) for (const lane of here.lanes) await lane.checkpoint(true);
    },
    abandon() {
      for (const here of owned.values()) for (const lane of here.lanes) void lane.drop();
      for (const lane of leaving) void lane.drop();
    },
    async close() {
      for (const here of [...owned.values()]) {
        await release(here.id);
        const offsets = here.lanes.flatMap((l) => l.committed().nextOffset ?? []);
        if (offsets.length > 0) committed(here.id, Math.min(...offsets));
      }
    },
  };
}
