import type { CommandRecord, Commands } from "../../engine/store.ts";
import { CHANNEL } from "./postgres-commit-records.ts";
import type { Database } from "./postgres-connection.ts";
import { fromText, toText } from "./safe-text.ts";

export function createCommands(database: Database): Commands {
  return {
    async addCommand(command) {
      const { rows } = await database.query({
        text: `with added as (
            insert into tidegauge.command (run, monitor, key, kind, episode, note) values ($1, $2, $3, $4, $5, $6) returning id
          ) select id, pg_notify('${CHANNEL}', '') from added`,
        values: [
          toText(command.run),
          toText(command.monitor),
          toText(command.key),
          command.kind,
          command.episode === null ? null : toText(command.episode),
          command.note === null ? null : toText(command.note),
        ],
      });
      return Number(rows[0]!.id);
    },

    async pendingCommands(run) {
      const { rows } = await database.query({
        name: "pending_commands",
        text: "select * from tidegauge.command where applied_at is null and run = $1 order by id",
        values: [toText(run)],
      });
      return rows.map(
        (row): CommandRecord => ({
          id: Number(row.id),
          run,
          monitor: fromText(row.monitor as string),
          key: fromText(row.key as string),
          kind: row.kind as CommandRecord["kind"],
          episode: row.episode === null ? null : fromText(row.episode as string),
          note: row.note === null ? null : fromText(row.note as string),
        }),
      );
    },

    async discardCommand(id) {
      await database.query({
        text: "delete from tidegauge.command where id = $1 and applied_at is null",
        values: [id],
      });
    },
  };
}
