import { forgottenEpisode } from "../../engine/forget.ts";
import { SCHEMA_CHANGE } from "../../engine/refusals.ts";
import type { Ending, Episode, Upkeep } from "../../engine/store.ts";
import { withoutTexts } from "./blank-texts.ts";
import { NOTIFY, putNotifications } from "./postgres-commit-records.ts";
import type { Database, Result, Statement } from "./postgres-connection.ts";
import { vacuumStates } from "./postgres-vacuum.ts";
import { toText } from "./safe-text.ts";

const BATCH = 5_000;
/** Rows whose texts are blanked at once. */
const BLANKED = 500;

export function createUpkeep(database: Database): Upkeep {
  return {
    tidy: () => vacuumStates(database),

    async prune(policy, ending = nobody) {
      const { signalDays, deadLetterDays, idleKeyDays } = policy;
      const old: readonly (readonly [string, string, number])[] = [
        ["signal", "created_at", signalDays],
        ["series", "created_at", signalDays],
        ["episode", "state = 'closed' and updated_at", signalDays],
        ["outbox", "state <> 'waiting' and created_at", signalDays],
        ["command", "applied_at", signalDays],
        ["dead_letter", "topic_out is null and created_at", deadLetterDays],
      ];
      let deleted = 0;
      for (const [table, age, days] of old) deleted += await deleteOlder(database, table, age, days);
      if (policy.textDays != null) {
        await blankTexts(database, "signal", "created_at", policy.textDays);
        await blankTexts(database, "episode", "state = 'closed' and updated_at", policy.textDays);
      }
      const states = await deleteOlder(database, "state", "updated_at", idleKeyDays);
      if (states > 0) await dropUnusedParts(database);
      await database.transaction((query) => closeForgotten(query, ending));
      return deleted + states;
    },

    async erase(monitor, key) {
      const values = [toText(monitor), toText(key)];
      const monitors = "(select id from tidegauge.monitor where name = $1)";
      return database.transaction(async (query) => {
        // No owner commits meanwhile: it might begin to share a part that is about to go.
        await query({
          text: `select from tidegauge.lane where monitor in (select id from tidegauge.monitor where name = $1)
            order by id for update`,
          values: [toText(monitor)],
        });
        let deleted = 0;
        const remove = async (text: string, also: readonly unknown[] = values) => {
          deleted += (await query({ text, values: also })).count;
        };
        await remove(
          `delete from tidegauge.outbox o where (o.monitor = $1 and o.key = $2)
            or o.id in (select folded_into from tidegauge.outbox where monitor = $1 and key = $2)
            or o.signal in (select id from tidegauge.signal where monitor = $1 and key = $2)
            or o.episode in (select id from tidegauge.episode where monitor = $1 and key = $2)`,
        );
        await remove("delete from tidegauge.signal where monitor = $1 and key = $2");
        await remove("delete from tidegauge.episode where monitor = $1 and key = $2");
        await remove("delete from tidegauge.command where monitor = $1 and key = $2");
        await remove("delete from tidegauge.dead_letter where monitor = $1 and key = $2", [
          toText(monitor),
          Buffer.from(key, "utf8"),
        ]);
        await remove(`delete from tidegauge.series where monitor in ${monitors} and key = $2`);
        await remove(`delete from tidegauge.state where monitor in ${monitors} and key = $2`);
        await query({
          text: `with gone as (
              delete from tidegauge.part_use where key = $2
                and lane in (select id from tidegauge.lane where monitor in ${monitors}) returning lane, hash
            )
            delete from tidegauge.part p using gone where p.lane = gone.lane and p.hash = gone.hash and not exists (
              select from tidegauge.part_use u where u.lane = p.lane and u.hash = p.hash and u.key <> $2)`,
          values,
        });
        await query(NOTIFY);
        return deleted;
      });
    },

    async reset(run, monitor, ending = nobody) {
      await database.transaction(async (query) => {
        const found = await query({
          text: "select id from tidegauge.monitor where run = $1 and name = $2 for update",
          values: [toText(run), toText(monitor)],
        });
        const id = found.rows[0]?.id;
        if (id === undefined) return;
        // The lanes first: their owners are fenced from here on.
        const lanes = await query({ text: "delete from tidegauge.lane where monitor = $1 returning id", values: [id] });
        const ids = lanes.rows.map((row) => row.id);
        await query({ text: "delete from tidegauge.state where monitor = $1", values: [id] });
        await query({ text: "delete from tidegauge.series where monitor = $1", values: [id] });
        await query({ text: "delete from tidegauge.part_use where lane = any ($1::int[])", values: [ids] });
        await query({ text: "delete from tidegauge.part where lane = any ($1::int[])", values: [ids] });
        await query({
          text: "delete from tidegauge.command where run = $1 and monitor = $2 and applied_at is null",
          values: [toText(run), toText(monitor)],
        });
        await query({ text: "delete from tidegauge.monitor where id = $1", values: [id] });
        await closeForgotten(query, ending, { run, monitor });
        await query(NOTIFY);
      });
    },
  };
}

const nobody: Ending = () => [];

/** Open episodes whose key has no state: nobody would ever end them. */
async function closeForgotten(
  query: (statement: Statement) => Promise<Result>,
  ending: Ending,
  of?: { readonly run: string; readonly monitor: string },
): Promise<void> {
  const { rows } = await query({
    text: `select e.id, e.body from tidegauge.episode e where e.state <> 'closed'
      ${of === undefined ? `and e.kind <> '${SCHEMA_CHANGE.kind}'` : ""}
      ${of === undefined ? "" : 'and e.run = $1 collate "C" and e.monitor = $2'} and not exists (
        select from tidegauge.state s join tidegauge.monitor m on m.id = s.monitor
        where m.run = e.run collate "C" and m.name = e.monitor collate "C" and s.key = e.key collate "C")`,
    values: of === undefined ? [] : [toText(of.run), toText(of.monitor)],
  });
  for (const { id, body } of rows) {
    const closed = forgottenEpisode(body as Episode);
    const { count } = await query({
      text: "update tidegauge.episode set state = 'closed', body = $2, updated_at = now() where id = $1 and state <> 'closed'",
      values: [id, JSON.stringify(closed)],
    });
    const told = count === 0 ? [] : ending(closed);
    if (told.length > 0) await query(putNotifications(told));
  }
  if (rows.length > 0) await query(NOTIFY);
}

/** A batch at a time: no lock is held for long, and what is done stays done. */
async function deleteOlder(database: Database, table: string, age: string, days: number): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { count } = await database.query({
      text: `delete from tidegauge.${table} where ctid = any (array(
        select ctid from tidegauge.${table} where ${age} < now() - $1 * interval '1 day' limit ${BATCH}))`,
      values: [days],
    });
    deleted += count;
    if (count < BATCH) return deleted;
  }
}

/** In the program, not in SQL: PostgreSQL cannot look into JSON that has an escaped NUL in a text. */
async function blankTexts(database: Database, table: string, age: string, days: number): Promise<void> {
  let after: unknown = 0;
  for (;;) {
    const { rows } = await database.query({
      text: `select seq, body from tidegauge.${table} where ${age} < now() - $1 * interval '1 day'
        and seq > $2 and body::text ~ '"medoid":"[^"]' order by seq limit ${BLANKED}`,
      values: [days, after],
    });
    if (rows.length === 0) return;
    await database.query({
      text: `update tidegauge.${table} t set body = u.body::json
        from unnest($1::bigint[], $2::text[]) u (seq, body) where t.seq = u.seq`,
      values: [rows.map((row) => row.seq), rows.map((row) => JSON.stringify(withoutTexts(row.body as Episode)))],
    });
    if (rows.length < BLANKED) return;
    after = rows.at(-1)!.seq;
  }
}

/** What states left behind. An owner that still holds such a state in memory is fenced when it writes it. */
async function dropUnusedParts(database: Database): Promise<void> {
  const unused =
    "not exists (select from tidegauge.state s where s.lane = u.lane and s.key = u.key and s.monitor = l.monitor)";
  const { rows } = await database.query({
    text: `select distinct u.lane from tidegauge.part_use u join tidegauge.lane l on l.id = u.lane where ${unused}`,
  });
  for (const { lane } of rows) {
    await database.transaction(async (query) => {
      await query({ text: "select from tidegauge.lane where id = $1 for update", values: [lane] });
      await query({
        text: `delete from tidegauge.part_use u using tidegauge.lane l where l.id = $1 and u.lane = $1 and ${unused}`,
        values: [lane],
      });
      await query({
        text: "delete from tidegauge.part p where p.lane = $1 and not exists (select from tidegauge.part_use u where u.lane = p.lane and u.hash = p.hash)",
        values: [lane],
      });
    });
  }
}
