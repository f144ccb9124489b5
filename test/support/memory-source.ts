import type { TidegaugeError } from "../../engine/errors.ts";
import type { Intake, PartitionId, RawRecord, Source } from "../../engine/source.ts";

export interface MemorySource extends Source {
  /** Delivers these records next, waits until they were processed. */
  push(partition: number, values: readonly unknown[], key?: string): Promise<void>;
  /** Ends the stream: run() resolves. */
  end(): void;
  /** Loses and regains every partition, as a rebalance does. */
  rebalance(): Promise<void>;
  readonly halted: TidegaugeError[];
}

export interface MemorySourceOptions {
  readonly topic?: string;
  readonly partitions?: number;
  /** Event time of a record, epoch milliseconds. */
  readonly timeOf?: (offset: number) => number | null;
  readonly batch?: number;
}

/** A stream in memory that remembers everything pushed, so that a restart can read it again. */
export function createMemorySource(log: Map<number, RawRecord[]>, options: MemorySourceOptions = {}): MemorySource {
  const { topic = "memory", partitions = 1, timeOf = () => null, batch = 64 } = options;
  const ids: PartitionId[] = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const halted: TidegaugeError[] = [];
  let intake: Intake | null = null;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const records = (partition: number): RawRecord[] => {
    if (!log.has(partition)) log.set(partition, []);
    return log.get(partition)!;
  };
  const deliver = async (partition: number, from: number): Promise<void> => {
    const all = records(partition);
    for (let at = from; at < all.length; at += batch) {
      const slice = all.slice(at, at + batch);
      await intake!.deliver(ids[partition]!, { records: slice, nextOffset: slice.at(-1)!.offset + 1 });
    }
  };
  const claim = async (): Promise<void> => {
    for (const id of ids) {
      const { nextOffset } = await intake!.claim(id, null);
      await deliver(id.partition, nextOffset ?? 0);
    }
  };
  let ready: Promise<void> = Promise.resolve();
  return {
    description: `memory ${topic}`,
    halted,
    partitionCount: async () => partitions,
    async run(given) {
      const halt: Intake["halt"] = (id, error) => {
        halted.push(error);
        given.halt(id, error);
      };
      intake = { ...given, halt };
      ready = claim();
      await ready;
      await finished;
    },
    async stop() {
      finish();
    },
    end: () => finish(),
    async push(partition, values, key) {
      await ready;
      const all = records(partition);
      const from = all.length;
      for (const value of values) {
        const offset = all.length;
        const bytes =
          value instanceof Uint8Array ? value : Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
        all.push({ offset, key: key === undefined ? null : Buffer.from(key), value: bytes, time: timeOf(offset) });
      }
      await deliver(partition, from);
    },
    async rebalance() {
      for (const id of ids) await intake!.release(id);
      ready = claim();
      await ready;
    },
  };
}
