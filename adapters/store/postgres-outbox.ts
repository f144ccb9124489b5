import type { DueNotification, Outbox } from "../../engine/store.ts";
import { putNotifications } from "./postgres-commit-records.ts";
import type { Database, Row } from "./postgres-connection.ts";
import { fromText, toText } from "./safe-text.ts";

export function createOutbox(database: Database): Outbox {
  return {
    async takeDue(channel, limit, leaseMs) {
      // A lease is a due time in the future: whoever dies holding it loses it by waiting.
      const { rows } = await database.query({
        name: "take_due",
        text: `update tidegauge.outbox o set attempts = attempts + 1, next_at = clock_timestamp() + $3 * interval '1 ms'
          where o.seq in (select seq from tidegauge.outbox where state = 'waiting' and channel = $1
            and next_at <= clock_timestamp() order by seq limit $2 for update skip locked)
          returning *, extract(epoch from created_at) * 1000 as created_ms`,
        values: [toText(channel), limit, leaseMs],
      });
      return [...rows].sort((a, b) => Number(a.seq) - Number(b.seq)).map(dueNotification);
    },

    async finish(id, outcome) {
      if (outcome.kind === "retry") {
        await database.query({
          text: "update tidegauge.outbox set next_at = clock_timestamp() + $2 * interval '1 ms', error = $3 where id = $1 and state = 'waiting'",
          values: [toText(id), outcome.afterMs, toText(outcome.error)],
        });
        return;
      }
      await database.query({
        text: "update tidegauge.outbox set state = $2, error = $3 where id = $1",
        values: [toText(id), outcome.kind, outcome.kind === "dead" ? toText(outcome.error) : null],
      });
    },

    async outboxState() {
      const { rows } = await database.query({
        text: `select count(*) filter (where state = 'waiting') as waiting, count(*) filter (where state = 'dead') as dead,
            coalesce(extract(epoch from clock_timestamp() - min(created_at) filter (where state = 'waiting')), 0) as oldest
          from tidegauge.outbox where state in ('waiting', 'dead')`,
      });
      const row = rows[0]!;
      return {
        waiting: Number(row.waiting),
        dead: Number(row.dead),
        oldestSeconds: Math.max(0, Number(row.oldest)),
      };
    },

    async enqueue(notification) {
      await database.query(putNotifications([notification]));
    },

    async redeliver(channel) {
      const { count } = await database.query({
        text: `update tidegauge.outbox set state = 'waiting', attempts = 0, next_at = clock_timestamp()
          where state = 'dead' and ($1::text is null or channel = $1)`,
        values: [channel === undefined ? null : toText(channel)],
      });
      return count;
    },
  };
}

function dueNotification(row: Row): DueNotification {
  return {
    id: fromText(row.id as string),
    episode: row.episode === null ? null : fromText(row.episode as string),
    signal: fromText(row.signal as string),
    channel: fromText(row.channel as string),
    phase: row.phase as DueNotification["phase"],
    body: fromText(row.body as string),
    attempts: row.attempts as number,
    createdAt: Math.round(Number(row.created_ms)),
  };
}
