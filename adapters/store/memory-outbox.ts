import type { DueNotification, NotificationRecord, Outbox } from "../../engine/outbox.ts";
import { enqueue } from "./memory-commit.ts";
import type { OutboxRow, Tables } from "./memory-tables.ts";
import { page } from "./page.ts";

export function memoryOutbox(tables: Tables, now: () => number): Outbox {
  /** Openings that wait and were not tried yet. */
  const fresh = (channel: string): OutboxRow[] => {
    return [...tables.outbox.values()].filter((row) => row.channel === channel && isFresh(row) && row.about !== null);
  };
  const end = (row: OutboxRow, change: Partial<OutboxRow>): void => {
    Object.assign(row, { finishedAt: now(), ...change });
  };
  return {
    async takeDue(channel, limit, leaseMs) {
      const taken: DueNotification[] = [];
      const earlier = new Set<string>();
      for (const row of tables.outbox.values()) {
        if (taken.length === limit) break;
        if (row.state !== "waiting" || row.channel !== channel) continue;
        const blocked = row.episode !== null && earlier.has(row.episode);
        if (row.episode !== null) earlier.add(row.episode);
        if (blocked || row.nextAt > now()) continue;
        row.attempts++;
        row.nextAt = now() + leaseMs;
        taken.push(due(row));
      }
      return taken;
    },
    async finish(id, outcome) {
      const row = tables.outbox.get(id);
      if (row === undefined) return;
      if (outcome.kind === "retry" || outcome.kind === "held") {
        if (row.state !== "waiting") return;
        row.nextAt = now() + outcome.afterMs;
        if (outcome.kind === "held") row.attempts--;
        else row.error = outcome.error;
        return;
      }
      end(row, { state: outcome.kind, error: outcome.kind === "delivered" ? null : outcome.error });
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
        Object.assign(row, { state: "waiting", attempts: 0, nextAt: now(), finishedAt: null });
        count++;
      }
      return count;
    },
    async notifications({ channel, state, monitor, after, limit }) {
      const rows = [...tables.outbox.values()]
        .filter(
          (row) =>
            (channel === undefined || row.channel === channel) &&
            (state === undefined || row.state === state) &&
            (monitor === undefined || row.about?.monitor === monitor) &&
            (after === undefined || row.sequence < Number(after)),
        )
        .sort((a, b) => b.sequence - a.sequence)
        .slice(0, limit);
      return page(rows, limit, (row) => String(row.sequence), record);
    },
    async notification(id) {
      const row = tables.outbox.get(id);
      return row === undefined ? null : record(row);
    },
    async crowded(channel, least, waitMs) {
      const rows = fresh(channel);
      return [...new Set(rows.map((row) => row.about!.monitor))].filter((monitor) => {
        const group = rows.filter((row) => row.about!.monitor === monitor);
        return group.length >= least && group[0]!.createdAt <= now() - waitMs;
      });
    },
    async fold(channel, monitor, make) {
      const rows = fresh(channel).filter((row) => row.about!.monitor === monitor);
      if (rows.length === 0) return 0;
      const one = make(rows.map(due));
      enqueue(tables, one, now());
      for (const row of rows) end(row, { state: "folded", foldedInto: one.id });
      return rows.length;
    },
    async foldedAgo(channel, monitor) {
      const rows = [...tables.outbox.values()].filter(
        (row) => isOpening(row) && row.channel === channel && row.about?.monitor === monitor && row.about.key === null,
      );
      return rows.length === 0 ? null : now() - rows.at(-1)!.createdAt;
    },
    async openingOf(channel, episode) {
      const row = openings(tables, channel, episode)[0];
      return row === undefined ? null : { state: row.state, foldedInto: row.foldedInto };
    },
    async foldEnd(id, into) {
      const row = tables.outbox.get(id);
      if (row !== undefined) end(row, { state: "folded", foldedInto: into });
      const folded = [...tables.outbox.values()].filter((each) => each.foldedInto === into);
      const ended = folded.filter((each) => each.phase === "resolved").length;
      return { members: folded.filter(isOpening).length, ended };
    },
    async precededWithin(id, ms) {
      const row = tables.outbox.get(id);
      if (row?.about == null) return false;
      const about = row.about;
      return [...tables.outbox.values()].some(
        (each) =>
          isOpening(each) &&
          each.channel === row.channel &&
          each.sequence < row.sequence &&
          each.about?.monitor === about.monitor &&
          each.about.key === about.key &&
          each.about.kind === about.kind &&
          TOLD.includes(each.state) &&
          row.createdAt - each.createdAt <= ms,
      );
    },
    async cancelPairs(channel, reason) {
      let count = 0;
      for (const row of fresh(channel)) {
        const others = [...tables.outbox.values()].filter(
          (each) => each.channel === channel && each.episode === row.episode && each.state === "waiting",
        );
        if (row.episode === null || !others.some((each) => each.phase === "resolved")) continue;
        for (const each of others) end(each, { state: "suppressed", error: reason });
        count += others.length;
      }
      return count;
    },
  };
}

const TOLD: readonly OutboxRow["state"][] = ["waiting", "delivered", "folded"];

function isOpening(row: OutboxRow): boolean {
  return row.phase === "opened";
}

function isFresh(row: OutboxRow): boolean {
  return row.state === "waiting" && row.attempts === 0 && isOpening(row) && row.about?.key !== null;
}

function openings(tables: Tables, channel: string, episode: string): OutboxRow[] {
  return [...tables.outbox.values()].filter(
    (row) => isOpening(row) && row.channel === channel && row.episode === episode,
  );
}

function due({ id, episode, signal, channel, phase, about, body, attempts, createdAt }: OutboxRow): DueNotification {
  return { id, episode, signal, channel, phase, about, body, attempts, createdAt };
}

function record(row: OutboxRow): NotificationRecord {
  const { state, error, foldedInto, finishedAt } = row;
  return { ...due(row), state, error, foldedInto, finishedAt };
}
