import type { Patience } from "./patience.ts";
import { type Applied, appliedBefore } from "./rekey.ts";
import type { RawRecord } from "./source.ts";
import type { Store } from "./store.ts";

/** Lets each record of an internal topic through once, however often it was written. */
export interface Sieve {
  /** Before records [from, to) are met: which dead letters among them are still to be fed again. */
  ask(records: readonly RawRecord[], from: number, to: number): Promise<void>;
  passes(record: RawRecord, applied: Applied): boolean;
  /** A dead letter that was refused again. */
  refused(sequence: number): void;
  /** Dead letters that passed since this was asked last, and were not refused. */
  accepted(): readonly number[];
  /** What passed was committed, or is forgotten. */
  clear(): void;
}

export function createSieve(store: Store, retrying: Patience["retrying"]): Sieve {
  const asked = new Set<number>();
  /** Passed and not committed yet: the store does not know. */
  const passed = new Set<number>();
  let open: number[] = [];
  return {
    async ask(records, from, to) {
      const sequences: number[] = [];
      for (let i = from; i < to; i++) {
        const again = records[i]!.origin?.again;
        if (again !== undefined && !passed.has(again)) sequences.push(again);
      }
      asked.clear();
      if (sequences.length === 0) return;
      for (const one of await retrying(() => store.stillAsked(sequences))) asked.add(one);
    },
    passes({ origin }, applied) {
      if (origin === undefined) return true;
      if (origin.again === undefined) return !appliedBefore(applied, origin);
      if (!asked.delete(origin.again)) return false;
      passed.add(origin.again);
      open.push(origin.again);
      return true;
    },
    refused(sequence) {
      open = open.filter((one) => one !== sequence);
    },
    accepted() {
      const done = open;
      open = [];
      return done;
    },
    clear() {
      passed.clear();
      open = [];
    },
  };
}
