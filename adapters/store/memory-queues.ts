import type { CommandRecord, Commands, DueNotification, Inbox, Outbox } from "../../engine/store.ts";
import { enqueue } from "./memory-commit.ts";
import type { OutboxRow, Tables } from "./memory-tables.ts";

export function memoryOutbox(tables: Tables, now: () => number): Outbox {
  return {
    async takeDue(channel, limit, leaseMs) {
      const taken: DueNotification[] = [];
      for (const row of tables.outbox.values()) {
        if (taken.length === limit) break;
        if (row.state !== "waiting" || row.channel !== channel || row.nextAt > now()) continue;
        row.attempts++;
        row.nextAt = now() + leaseMs;
        taken.push(due(row));
      }
      return taken;
    },
    async finish(id, outcome) {
      const row = tables.outbox.get(id);
      if (row === undefined) return;
      row.error = outcome.kind === "delivered" ? null : outcome.error;
      if (outcome.kind !== "retry") row.state = outcome.kind;
      else if (row.state === "waiting") row.nextAt = now() + outcome.afterMs;
    },
    async outboxState() {
      const rows = [...tables.outbox.values()];
      const waiting = rows.filter((row) => row.state === "waiting");
      return {
        waiting: waiting.length,
        dead: rows.filter((row) => row.state === "dead").length,
        oldestSeconds: waiting.reduce((oldest, row) => Math.max(oldest, (now() - row.createdAt) / 1000), 0),
      };
    },
    async enqueue(notification) {
      enqueue(tables, notification, now());
    },
    async redeliver(channel) {
      let count = 0;
      for (const row of tables.outbox.values()) {
        if (row.state !== "dead" || (channel !== undefined && row.channel !== channel)) continue;
        Object.assign(row, { state: "waiting", attempts: 0, nextAt: now() });
        count++;
      }
      return count;
    },
  };
}

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

function due(row: OutboxRow): DueNotification {
  const { id, episode, signal, channel, phase, body, attempts, createdAt } = row;
  return { id, episode, signal, channel, phase, body, attempts, createdAt };
}
