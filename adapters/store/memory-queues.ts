import type { CommandRecord, Commands, Inbox } from "../../engine/store.ts";
import type { Tables } from "./memory-tables.ts";

/** Of one answer, but for the last body. */
const MOST_BYTES = 4 * 2 ** 20;

export function memoryInbox(tables: Tables): Inbox {
  return {
    async appendInbox(monitor, bodies, time) {
      const inbox = tables.inbox.get(monitor) ?? { next: 0, records: [] };
      tables.inbox.set(monitor, inbox);
      for (const body of bodies) inbox.records.push({ sequence: inbox.next++, body: new Uint8Array(body), time });
    },
    async readInbox(monitor, fromSequence, limit) {
      const inbox = tables.inbox.get(monitor);
      if (inbox === undefined || limit <= 0) return [];
      // Numbers have no gaps, so the place follows from the number.
      const start = Math.max(0, fromSequence - (inbox.next - inbox.records.length));
      let bytes = 0;
      let end = start;
      while (end < inbox.records.length && end < start + limit && bytes < MOST_BYTES) {
        bytes += inbox.records[end++]!.body.length;
      }
      return inbox.records.slice(start, end);
    },
    async trimInbox(monitor, belowSequence) {
      const inbox = tables.inbox.get(monitor);
      if (inbox !== undefined) inbox.records = inbox.records.filter((record) => record.sequence >= belowSequence);
    },
  };
}

export function memoryCommands(tables: Tables, changed: () => void): Commands {
  return {
    async addCommand(command) {
      const id = ++tables.sequence;
      tables.commands.set(id, { ...command, id, appliedAt: null });
      changed();
      return id;
    },
    async pendingCommands(run) {
      return [...tables.commands.values()]
        .filter((command) => command.run === run && command.appliedAt === null)
        .map(({ appliedAt: _, ...command }): CommandRecord => command);
    },
    async discardCommand(id) {
      if (tables.commands.get(id)?.appliedAt === null) tables.commands.delete(id);
    },
  };
}
