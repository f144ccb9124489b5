import type { Outbox } from "../../engine/outbox.ts";
import { where } from "./conditions.ts";
import { page } from "./page.ts";
import { putNotifications } from "./postgres-commit-records.ts";
import type { Database } from "./postgres-connection.ts";
import { createGrouping } from "./postgres-outbox-groups.ts";
import { dueNotification, notificationRecord, TIMES } from "./postgres-outbox-rows.ts";
import { toText } from "./safe-text.ts";

export function createOutbox(database: Database): Outbox {
  return {
    async takeDue(channel, limit, leaseMs) {
      // A lease is a due time in the future: whoever dies holding it loses it by waiting.
      const { rows } = await database.query({
        name: "take_due",
        text: `update tidegauge.outbox o set attempts = attempts + 1, next_at = clock_timestamp() + $3 * interval '1 ms'
          where o.seq in (select seq from tidegauge.outbox d where state = 'waiting' and channel = $1
            and next_at <= clock_timestamp() and not exists (
              select from tidegauge.outbox e where e.episode = d.episode and e.channel = d.channel and e.seq < d.seq
                and e.state = 'waiting')
            order by seq limit $2 for update skip locked)
          returning *, ${TIMES}`,
        values: [toText(channel), limit, leaseMs],
      });
      return [...rows].sort((a, b) => Number(a.seq) - Number(b.seq)).map(dueNotification);
    },

    async finish(id, outcome) {
      if (outcome.kind === "retry" || outcome.kind === "held") {
        await database.query({
          text: `update tidegauge.outbox set next_at = clock_timestamp() + $2 * interval '1 ms',
            error = coalesce($3, error), attempts = attempts - $4 where id = $1 and state = 'waiting'`,
          values: [
            toText(id),
            outcome.afterMs,
            outcome.kind === "retry" ? toText(outcome.error) : null,
            outcome.kind === "held" ? 1 : 0,
          ],
        });
        return;
      }
      await database.query({
        text: "update tidegauge.outbox set state = $2, error = $3, finished_at = clock_timestamp() where id = $1",
        values: [toText(id), outcome.kind, outcome.kind === "delivered" ? null : toText(outcome.error)],
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
        text: `update tidegauge.outbox set state = 'waiting', attempts = 0, next_at = clock_timestamp(), finished_at = null
          where state = 'dead' and ($1::text is null or channel = $1)`,
        values: [channel === undefined ? null : toText(channel)],
      });
      return count;
    },

    async notifications(query) {
      const filter = where({ channel: query.channel, state: query.state, monitor: query.monitor });
      if (query.after !== undefined) filter.add("seq <", query.after);
      const { rows } = await database.query({
        text: `select *, ${TIMES} from tidegauge.outbox ${filter.sql} order by seq desc limit ${filter.value(query.limit)}`,
        values: filter.values,
      });
      return page(rows, query.limit, (row) => row.seq as string, notificationRecord);
    },

    async notification(id) {
      const { rows } = await database.query({
        text: `select *, ${TIMES} from tidegauge.outbox where id = $1`,
        values: [toText(id)],
      });
      return rows[0] === undefined ? null : notificationRecord(rows[0]);
    },

    ...createGrouping(database),
  };
}
