import { TidegaugeError } from "../../engine/errors.ts";
import { MIGRATIONS } from "./migrations.ts";
import type { Database, Statement } from "./postgres-connection.ts";

/** Any number that no other program is likely to lock in the same database. */
const MIGRATION_LOCK = 7_431_001;

/** Brings the schema to this program's version, in one transaction; a newer one is refused. */
export async function migrate(database: Database, migrations = MIGRATIONS): Promise<void> {
  const known = migrations.at(-1)!.version;
  if ((await storedVersion((statement) => database.query(statement))) === known) return;
  await database.transaction(async (query) => {
    await query({ text: "select pg_advisory_xact_lock($1)", values: [MIGRATION_LOCK] });
    // Only when it is missing: a role may use the schema without being allowed to create one.
    const schema = await query({ text: "select from pg_namespace where nspname = 'tidegauge'" });
    if (schema.count === 0) await query({ text: "create schema tidegauge" });
    await query({
      text: "create table if not exists tidegauge.schema_version (version integer primary key, applied_at timestamptz not null default now())",
    });
    const found = await storedVersion(query);
    if (found > known) throw new TidegaugeError("STORE_SCHEMA", { found, known });
    for (const step of migrations) {
      if (step.version <= found) continue;
      await query({ text: step.sql });
      await query({ text: "insert into tidegauge.schema_version (version) values ($1)", values: [step.version] });
    }
  });
}

async function storedVersion(query: (statement: Statement) => Promise<{ rows: readonly unknown[] }>): Promise<number> {
  const table = await query({ text: "select to_regclass('tidegauge.schema_version')::text as name" });
  if ((table.rows[0] as { name: string | null }).name === null) return 0;
  const version = await query({ text: "select coalesce(max(version), 0) as version from tidegauge.schema_version" });
  return (version.rows[0] as { version: number }).version;
}
