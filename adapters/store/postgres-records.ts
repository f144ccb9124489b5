import type { Signal } from "../../engine/signal.ts";
import type { Episode, LaneRecord, Records } from "../../engine/store.ts";
import { where } from "./conditions.ts";
import { page } from "./page.ts";
import type { Database } from "./postgres-connection.ts";
import { fromText, toText } from "./safe-text.ts";

type Reading = Pick<Records, "signals" | "episodes" | "episode" | "lanes">;

export function createRecords(database: Database): Reading {
  return {
    async signals(query) {
      const filter = where({ monitor: query.monitor, key: query.key, kind: query.kind });
      if (query.after !== undefined) filter.add(query.newest ? "seq <" : "seq >", query.after);
      const { rows } = await database.query({
        text: `select seq, body from tidegauge.signal ${filter.sql} order by seq ${query.newest ? "desc" : "asc"} limit ${filter.value(query.limit)}`,
        values: filter.values,
      });
      const found = page(
        rows,
        query.limit,
        (row) => row.seq as string,
        (row) => row.body as Signal,
      );
      return { ...found, cursors: rows.map((row) => row.seq as string) };
    },

    async episodes(query) {
      const filter = where({ monitor: query.monitor, key: query.key, state: query.state });
      if (query.after !== undefined) filter.add("seq <", query.after);
      const { rows } = await database.query({
        text: `select seq, body from tidegauge.episode ${filter.sql} order by seq desc limit ${filter.value(query.limit)}`,
        values: filter.values,
      });
      return page(
        rows,
        query.limit,
        (row) => row.seq as string,
        (row) => row.body as Episode,
      );
    },

    async episode(id) {
      const { rows } = await database.query({
        text: "select body from tidegauge.episode where id = $1",
        values: [toText(id)],
      });
      return (rows[0]?.body as Episode | undefined) ?? null;
    },

    async lanes(run) {
      const { rows } = await database.query({
        text: `select m.name, l.topic, l.partition, l.epoch, l.identity, l.next_offset, extract(epoch from l.committed_at) * 1000 as committed_at
          from tidegauge.lane l join tidegauge.monitor m on m.id = l.monitor where m.run = $1
          order by m.name, l.topic, l.partition`,
        values: [toText(run)],
      });
      return rows.map(
        (row): LaneRecord => ({
          run,
          monitor: fromText(row.name as string),
          topic: fromText(row.topic as string),
          partition: row.partition as number,
          epoch: Number(row.epoch),
          identity: row.identity === null ? null : fromText(row.identity as string),
          nextOffset: row.next_offset === null ? null : Number(row.next_offset),
          committedAt: row.committed_at === null ? null : Math.round(Number(row.committed_at)),
        }),
      );
    },
  };
}
