import type { Upkeep } from "../../engine/store.ts";
import { NOTIFY } from "./postgres-commit-records.ts";
import type { Database, Statement } from "./postgres-connection.ts";
import { toText } from "./safe-text.ts";

const AGE = "now() - $1 * interval '1 day'";

/** Parts that no state uses any more. */
const DROP_ORPHANS =
  "delete from tidegauge.part p where not exists (select from tidegauge.part_use u where u.lane = p.lane and u.hash = p.hash)";
const DROP_UNUSED =
  "delete from tidegauge.part_use u where not exists (select from tidegauge.state s where s.lane = u.lane and s.key = u.key)";

export function createUpkeep(database: Database): Upkeep {
  return {
    async prune(policy) {
      const { signalDays, deadLetterDays, idleKeyDays } = policy;
      const steps: Statement[] = [
        { text: `delete from tidegauge.signal where created_at < ${AGE}`, values: [signalDays] },
        { text: `delete from tidegauge.series where created_at < ${AGE}`, values: [signalDays] },
        {
          text: `delete from tidegauge.episode where state = 'closed' and updated_at < ${AGE}`,
          values: [signalDays],
        },
        {
          text: `delete from tidegauge.outbox where state <> 'waiting' and created_at < ${AGE}`,
          values: [signalDays],
        },
        { text: `delete from tidegauge.command where applied_at < ${AGE}`, values: [signalDays] },
        { text: `delete from tidegauge.dead_letter where created_at < ${AGE}`, values: [deadLetterDays] },
      ];
      let deleted = 0;
      for (const step of steps) deleted += (await database.query(step)).count;
      return deleted + (await pruneStates(database, idleKeyDays));
    },

    async erase(monitor, key) {
      const values = [toText(monitor), toText(key)];
      const monitors = "(select id from tidegauge.monitor where name = $1)";
      return database.transaction(async (query) => {
        let deleted = 0;
        const remove = async (text: string, also: readonly unknown[] = values) => {
          deleted += (await query({ text, values: also })).count;
        };
        await remove(
          `delete from tidegauge.outbox o where o.signal in (select id from tidegauge.signal where monitor = $1 and key = $2)
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

    async reset(run, monitor) {
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
        await query(NOTIFY);
      });
    },
  };
}

/** Lanes stay; an owner that still holds a pruned state in memory is fenced only if it had fixed parts. */
async function pruneStates(database: Database, idleKeyDays: number): Promise<number> {
  return database.transaction(async (query) => {
    const states = await query({
      text: `delete from tidegauge.state where updated_at < ${AGE}`,
      values: [idleKeyDays],
    });
    if (states.count === 0) return 0;
    await query({ text: DROP_UNUSED });
    await query({ text: DROP_ORPHANS });
    return states.count;
  });
}
