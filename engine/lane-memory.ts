import { noRefusals, type Refusals } from "./refusals.ts";
import { freshLedger, type Ledger } from "./shared-promise.ts";
import type { Cursor } from "./source.ts";

/** What a lane itself has to remember with its position. */
export interface LaneMemory {
  /** What the keys' shared promise has to know of the stream so far. */
  readonly ledger: Ledger;
  refusals: Refusals;
}

/** It travels in the source's cursor, under names that no source has. */
const LEDGER = "tidegauge-ledger";
const REFUSALS = "tidegauge-refusals";

export function freshMemory(): LaneMemory {
  return { ledger: freshLedger(), refusals: noRefusals };
}

/** The ledger is written into. */
export function copyOf({ ledger, refusals }: LaneMemory): LaneMemory {
  return { ledger: { ...ledger }, refusals };
}

/** `shared`: the ledger is in use. */
export function withMemory(
  cursor: Cursor | undefined,
  { ledger, refusals }: LaneMemory,
  shared: boolean,
): Cursor | null {
  const mine = {
    ...(shared ? { [LEDGER]: ledger } : {}),
    ...(refusals.shapes.length === 0 && refusals.open.length === 0 ? {} : { [REFUSALS]: refusals }),
  };
  return cursor === undefined && Object.keys(mine).length === 0 ? null : { ...cursor, ...mine };
}

export function withoutMemory(stored: Cursor | null): { readonly cursor: Cursor | null; readonly memory: LaneMemory } {
  const { [LEDGER]: ledger, [REFUSALS]: refusals, ...cursor } = stored ?? {};
  return {
    cursor: Object.keys(cursor).length === 0 ? null : cursor,
    memory: {
      ledger: (ledger as Ledger | undefined) ?? freshLedger(),
      refusals: (refusals as Refusals | undefined) ?? noRefusals,
    },
  };
}
