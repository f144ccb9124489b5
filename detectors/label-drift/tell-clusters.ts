import type { SignalDraft } from "../../engine/signal.ts";
import { partitionChanged, partitionOf } from "./explain.ts";
import { testPartition } from "./partition.ts";
import type { State } from "./state.ts";

/** Events since a reset after which clusters count as learnt. */
const LEARNT = 1600;

/**
 * Tests the partition, and tells its changes. Clusters of many labels are learnt piece by piece: what changed meanwhile is told
 * in one signal, each after twice the events of the one before. Later a change is told when the next test still finds it.
 */
export function testClusters(state: State): readonly SignalDraft[] {
  const { partition, structure, telling } = state;
  const before = partitionOf(state).partition;
  const changed = testPartition(partition, structure);
  const { since } = structure;
  const fresh = telling.before === null;
  if (fresh && !changed) return NONE;
  telling.before ??= before;
  if (since < telling.from || (fresh && since >= LEARNT)) return NONE;
  const told = telling.before;
  telling.before = null;
  const now = partitionOf(state).partition;
  if (JSON.stringify(now) === JSON.stringify(told)) return NONE;
  if (since < LEARNT) telling.from = 2 * since;
  const reason = now.length > told.length ? "split" : now.length < told.length ? "merge" : "regroup";
  return [partitionChanged(state, told, reason)];
}

const NONE: readonly SignalDraft[] = [];
