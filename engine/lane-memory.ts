import { noRefusals, type Refusals } from "./refusals.ts";
import type { Applied } from "./rekey.ts";
import { freshLedger, type Ledger } from "./shared-promise.ts";
import type { Cursor } from "./source.ts";

/** What a lane itself has to remember with its position. */
export interface LaneMemory {
  /** What the keys' shared promise has to know of the stream so far. */
  readonly ledger: Ledger;
  refusals: Refusals;
  /** Of re-keyed records. */
  readonly applied: Applied;
  /** Of a first stage: how much it handed over, and to how many partitions; null before its first claim. */
  handed: Handed | null;
}

export interface Handed {
  readonly count: number;
  readonly partitions: number;
}

/** It travels in the source's cursor, under names that no source has. */
const LEDGER = "tidegauge-ledger";
const REFUSALS = "tidegauge-refusals";
const APPLIED = "tidegauge-applied";
const HANDED = "tidegauge-handed";

export function freshMemory(): LaneMemory {
  return { ledger: freshLedger(), refusals: noRefusals, applied: {}, handed: null };
}

/** The ledger and what was applied are written into. */
export function copyOf({ ledger, refusals, applied, handed }: LaneMemory): LaneMemory {
  return { ledger: { ...ledger }, refusals, applied: { ...applied }, handed };
}

/** A copy, for a store may keep what it is given. `shared`: the ledger is in use. */
export function withMemory(
  cursor: Cursor | undefined,
  { ledger, refusals, applied, handed }: LaneMemory,
  shared: boolean,
): Cursor | null {
  const mine = {
    ...(shared ? { [LEDGER]: { ...ledger } } : {}),
    ...(refusals.shapes.length === 0 && refusals.open.length === 0 ? {} : { [REFUSALS]: refusals }),
    ...(Object.keys(applied).length === 0 ? {} : { [APPLIED]: { ...applied } }),
    ...(handed === null ? {} : { [HANDED]: handed }),
  };
  return cursor === undefined && Object.keys(mine).length === 0 ? null : { ...cursor, ...mine };
}

export function withoutMemory(stored: Cursor | null): { readonly cursor: Cursor | null; readonly memory: LaneMemory } {
  const { [LEDGER]: ledger, [REFUSALS]: refusals, [APPLIED]: applied, [HANDED]: handed, ...cursor } = stored ?? {};
  return {
    cursor: Object.keys(cursor).length === 0 ? null : cursor,
    memory: {
      ledger: ledger === undefined ? freshLedger() : { ...(ledger as Ledger) },
      refusals: (refusals as Refusals | undefined) ?? noRefusals,
      applied: { ...(applied as Applied | undefined) },
      handed: (handed as Handed | undefined) ?? null,
    },
  };
}
