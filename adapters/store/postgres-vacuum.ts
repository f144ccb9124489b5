import type { Database } from "./postgres-connection.ts";

/** Below this many old versions there is nothing to win. */
const LEAST = 1_000;

/**
 * States are few and rewritten all the time: between two rounds of autovacuum (a minute) their old versions take many
 * times the room of the states themselves, and a row of over half a page always wants an empty page. Vacuums when the old
 * versions outnumber the states; large tables, where autovacuum comes first, never get there. Without owning the table:
 * nothing.
 */
export async function vacuumStates(database: Database): Promise<void> {
  const { rows } = await database.query({
    text: `select n_dead_tup > n_live_tup + ${LEAST} and pg_has_role(c.relowner, 'usage') as due
      from pg_stat_all_tables t join pg_class c on c.oid = t.relid where t.relid = 'tidegauge.state'::regclass`,
  });
  if (rows[0]?.due === true) await database.query({ text: "vacuum (skip_locked) tidegauge.state" });
}
