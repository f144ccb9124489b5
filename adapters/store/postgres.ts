import { TidegaugeError } from "../../engine/errors.ts";
import type { Store } from "../../engine/store.ts";
import { createChanges } from "./postgres-changes.ts";
import { createCommands } from "./postgres-commands.ts";
import { createCommitter } from "./postgres-commit.ts";
import { connect } from "./postgres-connection.ts";
import { createDeadLetters } from "./postgres-dead-letters.ts";
import { createInbox } from "./postgres-inbox.ts";
import { createKeys } from "./postgres-keys.ts";
import { createLanes } from "./postgres-lanes.ts";
import { migrate } from "./postgres-migrate.ts";
import { createOutbox } from "./postgres-outbox.ts";
import { createRecords } from "./postgres-records.ts";
import { createUpkeep } from "./postgres-upkeep.ts";

export interface PostgresOptions {
  readonly url: string;
  /** As the `pg` driver takes it. */
  readonly ssl?: boolean | Readonly<Record<string, unknown>>;
  readonly statementTimeoutMs?: number;
  readonly connectTimeoutMs?: number;
  readonly connections?: number;
}

/** The store on a PostgreSQL (14 or newer) that someone else runs. Connections are opened when needed. */
export function createPostgresStore(options: PostgresOptions): Store {
  const { url, ...rest } = options;
  const database = connect({ connectionString: url, ...rest });
  const changes = createChanges(database);
  return {
    open: () => migrate(database),
    async close() {
      await changes.close();
      await database.close();
    },
    async ping() {
      try {
        await database.query({ text: "select 1" });
        return null;
      } catch (error) {
        return error instanceof TidegaugeError ? String(error.details.why) : (error as Error).message;
      }
    },
    ...createLanes(database),
    commit: createCommitter(database),
    ...createRecords(database),
    ...createDeadLetters(database),
    ...createKeys(database),
    onChange: changes.onChange,
    ...createOutbox(database),
    ...createInbox(database),
    ...createCommands(database),
    ...createUpkeep(database),
  };
}
