import type { KeyRecord, Records, SeriesPoint } from "../../engine/store.ts";
import { where } from "./conditions.ts";
import { page } from "./page.ts";
import type { Database, Result, Row } from "./postgres-connection.ts";
import { storeError } from "./postgres-errors.ts";
import { partBytes, storedState } from "./postgres-lanes.ts";
import { fromText, toText } from "./safe-text.ts";
import { STATUSES, type Status, statusCode } from "./status.ts";

type Reading = Pick<Records, "keys" | "key" | "keyCounts" | "series" | "seriesSpan">;

const MONITOR = "(select id from tidegauge.monitor where run = $1 and name = $2)";
const COLUMNS = "s.key, s.events, s.status, s.ratio, s.time, l.partition";

export function createKeys(database: Database): Reading {
  return {
    async keys(query) {
      const filter = where({});
      filter.value(query.run);
      filter.value(query.monitor);
      let terms = `s.monitor = ${MONITOR}`;
      if (query.status !== undefined) terms += ` and s.status = ${filter.value(statusCode(query.status))}`;
      if (query.search !== undefined) terms += ` and position(${filter.value(query.search)} in s.key) > 0`;
      if (query.after !== undefined) terms += ` and s.key > ${filter.value(query.after)}`;
      const { rows } = await database.query({
        text: `select ${COLUMNS} from tidegauge.state s join tidegauge.lane l on l.id = s.lane where ${terms}
          order by s.key limit ${filter.value(query.limit)}`,
        values: filter.values,
      });
      return page(rows, query.limit, (row) => fromText(row.key as string), keyRecord);
    },

    async key(run, monitor, key) {
      const values = [toText(run), toText(monitor), toText(key)];
      // One snapshot over both reads: the owner may drop a part in between.
      const answers = await database.pipeline([
        { text: "begin isolation level repeatable read read only" },
        {
          text: `select ${COLUMNS}, s.parts, s.blob from tidegauge.state s join tidegauge.lane l on l.id = s.lane
            where s.monitor = ${MONITOR} and s.key = $3`,
          values,
        },
        {
          text: `select p.hash, p.bytes from tidegauge.state s, unnest(string_to_array(s.parts, ',')) h
            join tidegauge.part p on p.hash = h collate "C" where p.lane = s.lane and s.monitor = ${MONITOR} and s.key = $3`,
          values,
        },
        { text: "commit" },
      ]);
      const [, state, parts] = answers.map(fulfilled);
      const row = state!.rows[0];
      return row === undefined ? null : { ...storedState(row, partBytes(parts!.rows)), ...keyRecord(row) };
    },

    async keyCounts(run, monitor) {
      const { rows } = await database.query({
        text: `select status, count(*) as count from tidegauge.state where monitor = ${MONITOR} group by status`,
        values: [toText(run), toText(monitor)],
      });
      const counts: Record<Status, number> = { learning: 0, steady: 0, warning: 0, drifting: 0 };
      for (const row of rows) counts[STATUSES[row.status as number]!] = Number(row.count);
      return counts;
    },

    async series(run, monitor, key, limit) {
      const { rows } = await database.query({
        text: `select from_index, to_index, time, ratio from tidegauge.series
          where monitor = ${MONITOR} and key = $3 order by to_index desc limit $4`,
        values: [toText(run), toText(monitor), toText(key), limit],
      });
      return rows.map((row) => pointOf(key, row)).reverse();
    },
    async seriesSpan(run, monitor, key, { from, to }, most) {
      // Each point belongs to the stretch in which it ends; a stretch of one point is that point.
      const { rows } = await database.query({
        text: `with points as (
            select from_index, to_index, time, ratio from tidegauge.series
            where monitor = ${MONITOR} and key = $3 and to_index >= $4 and from_index <= $5
          ), ends as (select min(to_index) as first, max(to_index) as last, count(*) as many from points)
          select min(from_index) as from_index, max(to_index) as to_index, max(ratio) as ratio,
            (array_agg(time order by to_index desc) filter (where time is not null))[1] as time
          from points, ends
          group by case when many <= $6 then to_index else (to_index - first) * $6 / (last - first + 1) end
          order by 2`,
        values: [toText(run), toText(monitor), toText(key), from, to, most],
      });
      return rows.map((row) => pointOf(key, row));
    },
  };
}

function pointOf(key: string, row: Record<string, unknown>): SeriesPoint {
  return {
    key,
    from: Number(row.from_index),
    to: Number(row.to_index),
    time: row.time as number | null,
    ratio: row.ratio as number,
  };
}

function fulfilled(answer: PromiseSettledResult<Result>): Result {
  if (answer.status === "rejected") throw storeError(answer.reason);
  return answer.value;
}

function keyRecord(row: Row): KeyRecord {
  return {
    key: fromText(row.key as string),
    partition: row.partition as number,
    events: Number(row.events),
    status: STATUSES[row.status as number]!,
    ratio: row.ratio as number,
    time: row.time as number | null,
  };
}
