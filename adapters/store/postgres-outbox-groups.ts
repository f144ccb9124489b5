import type { NotificationState, Outbox } from "../../engine/outbox.ts";
import { putNotifications } from "./postgres-commit-records.ts";
import type { Database } from "./postgres-connection.ts";
import { dueNotification, TIMES } from "./postgres-outbox-rows.ts";
import { fromText, toText } from "./safe-text.ts";

type Grouping = Pick<
  Outbox,
  "crowded" | "fold" | "foldedAgo" | "openingOf" | "foldEnd" | "precededWithin" | "cancelPairs"
>;

/** An opening that waits and was not tried yet; a group's own does not count. */
const FRESH = "state = 'waiting' and attempts = 0 and phase = 'opened' and key is not null";

export function createGrouping(database: Database): Grouping {
  return {
    async crowded(channel, least, waitMs) {
      const { rows } = await database.query({
        name: "crowded",
        text: `select monitor from tidegauge.outbox where channel = $1 and ${FRESH}
          group by monitor having count(*) >= $2 and min(created_at) <= clock_timestamp() - $3 * interval '1 ms'`,
        values: [toText(channel), least, waitMs],
      });
      return rows.map((row) => fromText(row.monitor as string));
    },

    fold: (channel, monitor, make) =>
      database.transaction(async (query) => {
        const { rows } = await query({
          text: `select *, ${TIMES} from tidegauge.outbox where channel = $1 and monitor = $2 and ${FRESH}
            order by seq for update skip locked`,
          values: [toText(channel), toText(monitor)],
        });
        if (rows.length === 0) return 0;
        const one = make(rows.map(dueNotification));
        await query({ ...putNotifications([one]) });
        await query({
          text: `update tidegauge.outbox set state = 'folded', folded_into = $1, finished_at = clock_timestamp()
            where seq = any ($2::bigint[])`,
          values: [toText(one.id), rows.map((row) => row.seq)],
        });
        return rows.length;
      }),

    async foldedAgo(channel, monitor) {
      const { rows } = await database.query({
        name: "folded_ago",
        text: `select extract(epoch from clock_timestamp() - created_at) * 1000 as ago from tidegauge.outbox
          where channel = $1 and monitor = $2 and key is null and phase = 'opened' order by seq desc limit 1`,
        values: [toText(channel), toText(monitor)],
      });
      return rows[0] === undefined ? null : Number(rows[0].ago);
    },

    async openingOf(channel, episode) {
      const { rows } = await database.query({
        name: "opening_of",
        text: "select state, folded_into from tidegauge.outbox where episode = $1 and channel = $2 and phase = 'opened' limit 1",
        values: [toText(episode), toText(channel)],
      });
      const row = rows[0];
      if (row === undefined) return null;
      const into = row.folded_into as string | null;
      return { state: row.state as NotificationState, foldedInto: into === null ? null : fromText(into) };
    },

    async foldEnd(id, into) {
      await database.query({
        text: `update tidegauge.outbox set state = 'folded', folded_into = $2, finished_at = clock_timestamp()
          where id = $1 and state = 'waiting'`,
        values: [toText(id), toText(into)],
      });
      const { rows } = await database.query({
        text: `select count(*) filter (where phase = 'opened') as members, count(*) filter (where phase = 'resolved') as ended
          from tidegauge.outbox where folded_into = $1`,
        values: [toText(into)],
      });
      return { members: Number(rows[0]!.members), ended: Number(rows[0]!.ended) };
    },

    async precededWithin(id, ms) {
      const { rows } = await database.query({
        name: "preceded_within",
        text: `select from tidegauge.outbox o join tidegauge.outbox e on e.channel = o.channel and e.monitor = o.monitor
            and e.key = o.key and e.kind = o.kind and e.phase = 'opened' and e.seq < o.seq
            and e.state in ('waiting', 'delivered', 'folded') and e.created_at >= o.created_at - $2 * interval '1 ms'
          where o.id = $1 limit 1`,
        values: [toText(id), ms],
      });
      return rows.length > 0;
    },

    async cancelPairs(channel, reason) {
      const { count } = await database.query({
        name: "cancel_pairs",
        text: `update tidegauge.outbox o set state = 'suppressed', error = $2, finished_at = clock_timestamp()
          where o.channel = $1 and o.state = 'waiting' and o.episode in (
            select f.episode from tidegauge.outbox f join tidegauge.outbox r on r.episode = f.episode and r.channel = f.channel
            where f.channel = $1 and f.state = 'waiting' and f.attempts = 0 and f.phase = 'opened'
              and r.state = 'waiting' and r.phase = 'resolved')`,
        values: [toText(channel), toText(reason)],
      });
      return count;
    },
  };
}
