import type { Commit, Store } from "../../engine/store.ts";
import { applyCommit, claimLane, loadStates } from "./memory-commit.ts";
import { memoryDeadLetters } from "./memory-dead-letters.ts";
import { memoryOutbox } from "./memory-outbox.ts";
import { memoryCommands, memoryInbox } from "./memory-queues.ts";
import { memoryRecords } from "./memory-records.ts";
import { emptyTables, monitorRow } from "./memory-tables.ts";
import { memoryUpkeep } from "./memory-upkeep.ts";
import { isSameMonitor } from "./same-monitor.ts";

export interface MemoryOptions {
  /** Throws: nothing was written. */
  readonly beforeCommit?: (commit: Commit) => void | Promise<void>;
  /** Throws: it was written, and the caller does not hear of it. */
  readonly afterCommit?: (commit: Commit) => void | Promise<void>;
  readonly now?: () => number;
}

/** The store without durability: for backtests, and for tests of everything that needs a store. */
export function createMemoryStore(options: MemoryOptions = {}): Store {
  const tables = emptyTables();
  const now = options.now ?? Date.now;
  const listeners = new Set<() => void>();
  let pending = false;
  const changed = () => {
    if (pending || listeners.size === 0) return;
    pending = true;
    setImmediate(() => {
      pending = false;
      for (const listener of listeners) listener();
    });
  };

  return {
    async open() {},
    async close() {
      listeners.clear();
    },
    async ping() {
      return null;
    },
    async registerMonitor(run, monitor) {
      const row = monitorRow(tables, run, monitor.monitor);
      row.record ??= monitor;
      return { stored: isSameMonitor(row.record, monitor) ? null : row.record };
    },
    async claim(lane, identity) {
      return claimLane(tables, lane, identity);
    },
    async loadStates(lane, keys) {
      return loadStates(tables, lane, keys);
    },
    async commit(commit) {
      await options.beforeCommit?.(commit);
      const result = applyCommit(tables, commit, now());
      if (result.kind !== "committed") return result;
      if (commit.signals.length + commit.episodes.length + commit.commands.length > 0) changed();
      await options.afterCommit?.(commit);
      return result;
    },
    ...memoryRecords(tables),
    ...memoryDeadLetters(tables, now, changed),
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    ...memoryOutbox(tables, now),
    ...memoryInbox(tables),
    ...memoryCommands(tables, changed),
    ...memoryUpkeep(tables, now, changed),
  };
}
