import { TidegaugeError } from "./errors.ts";
import { createLane, type Lane, type LaneContext } from "./lane.ts";
import type { Monitor } from "./monitor.ts";
import type { Claim, Intake, PartitionId, RecordBatch } from "./source.ts";
import { createStage } from "./stage.ts";
import type { Station } from "./station.ts";

/** The engine's side of one source: its partitions, each with a lane or a stage per monitor that listens to its topic. */
export interface PartitionIntake extends Intake {
  stations(): Iterable<Station>;
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
  readonly stations: readonly Station[];
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
  const leaving = new Set<Station>();
  const monitorOf = new WeakMap<Station, Monitor>();
  /** Topics that stopped before anything of them was ours. */
  const stopped = new Map<string, TidegaugeError>();
  const nameOf = (p: PartitionId): string => `${p.topic}\u0000${p.partition}`;

  const deliver = async (partition: PartitionId, batch: RecordBatch): Promise<void> => {
    const here = owned.get(nameOf(partition));
    if (!here) throw new TidegaugeError("FENCED", { lane: `${partition.topic}[${partition.partition}]`, epoch: 0 });
    let working = 0;
    let failure: TidegaugeError | null = null;
    for (const station of here.stations) {
      if (station.error() === null) {
        try {
          await station.process(batch);
          working++;
        } catch (error) {
          // A halted lane has its error. Anything else: the records were not taken, and the next ones must not be.
          if (station.error() === null) throw error;
        }
      }
      failure = station.error() ?? failure;
    }
    // One monitor's failure does not stop the others on the same partition; the last one's does.
    if (working === 0 && failure) throw failure;
  };

  const release = async (partition: PartitionId): Promise<void> => {
    const here = owned.get(nameOf(partition));
    if (!here) return;
    owned.delete(nameOf(partition));
    for (const station of here.stations) leaving.add(station);
    for (const station of here.stations) {
      await station.checkpoint(true).catch((error: unknown) => {
        if (!(error instanceof TidegaugeError)) throw error;
        context.log.warn(error.message, { monitor: station.name.monitor });
      });
      await station.drop();
      leaving.delete(station);
    }
  };

  return {
    async claim(partition, identity): Promise<Claim> {
      for (const station of owned.get(nameOf(partition))?.stations ?? []) await station.drop();
      const lanes: Lane[] = [];
      const stations = monitorsOf(partition.topic).map((m) => {
        const name = { run: m.run, monitor: m.name, ...partition };
        const { rekey } = m;
        const stage = rekey && rekey.topic !== partition.topic ? createStage(m, rekey, name, context) : null;
        const station = stage ?? createLane(m, name, context);
        if (station !== stage) lanes.push(station as Lane);
        monitorOf.set(station, m);
        return station;
      });
      const here: Owned = { id: partition, stations, lanes, highWatermark: null, error: null };
      owned.set(nameOf(partition), here);
      const claims = [];
      for (const station of stations) {
        try {
          claims.push({ ...(await station.claim(identity)), from: station.from });
        } catch (error) {
          // A halted monitor keeps its error; the others on the partition go on.
          if (station.error() === null) throw error;
        }
      }
      if (claims.length === 0 && stations.length > 0) throw stations[0]!.error()!;
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
        for (const station of here.stations) if (station.from === "latest") station.startAt(offset);
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
      for (const station of owned.get(nameOf(partition))?.stations ?? []) {
        // A monitor that was further than the others missed less.
        monitorOf.get(station)!.counters.missed += Math.max(0, to - Math.max(from, station.position() ?? from));
      }
    },
    halt(partition, error) {
      const here = owned.get(nameOf(partition));
      if (here) here.error = error;
      else stopped.set(partition.topic, error);
      context.log.error(error.message, { code: error.code, ...partition });
    },
    stopped: () => stopped,
    *stations() {
      for (const here of owned.values()) yield* here.stations;
    },
    *lanes() {
      for (const here of owned.values()) yield* here.lanes;
    },
    highWatermarkOf: (partition) => owned.get(nameOf(partition))?.highWatermark ?? null,
    errorOf: (partition) => owned.get(nameOf(partition))?.error ?? null,
    async flush() {
      for (const here of owned.values()) for (const station of here.stations) await station.checkpoint(true);
    },
    abandon() {
      for (const here of owned.values()) for (const station of here.stations) void station.drop();
      for (const station of leaving) void station.drop();
    },
    async close() {
      for (const here of [...owned.values()]) {
        await release(here.id);
        const offsets = here.stations.flatMap((each) => each.committed().nextOffset ?? []);
        if (offsets.length > 0) committed(here.id, Math.min(...offsets));
      }
    },
  };
}
