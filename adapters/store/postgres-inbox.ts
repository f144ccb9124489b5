import type { Inbox } from "../../engine/store.ts";
import { byteaArray } from "./binary-array.ts";
import type { Database } from "./postgres-connection.ts";
import { toText } from "./safe-text.ts";

/** Of one answer, but for the last body. */
const MOST_BYTES = 4 * 2 ** 20;

export function createInbox(database: Database): Inbox {
  return {
    async appendInbox(monitor, bodies, time) {
      if (bodies.length === 0) return;
      // The head's row is locked until the commit: numbers have no gaps and become visible in order.
      await database.query({
        name: "append_inbox",
        text: `with head as (
            insert into tidegauge.inbox_head as h (monitor, next) values ($1, $2)
              on conflict (monitor) do update set next = h.next + excluded.next
              returning next - $2 as first
          )
          insert into tidegauge.inbox (monitor, sequence, time, body)
            select $1, head.first + b.place - 1, $3, b.body from head, unnest($4::bytea[]) with ordinality b (body, place)`,
        values: [toText(monitor), bodies.length, time, byteaArray(bodies)],
      });
    },

    async readInbox(monitor, fromSequence, limit) {
      const { rows } = await database.query({
        name: "read_inbox",
        text: `select sequence, time, body from (
            select sequence, time, body, sum(octet_length(body)) over (order by sequence) - octet_length(body) as before
            from (select sequence, time, body from tidegauge.inbox where monitor = $1 and sequence >= $2
              order by sequence limit $3) page
          ) sized where before < $4 order by sequence`,
        values: [toText(monitor), fromSequence, limit, MOST_BYTES],
      });
      return rows.map((row) => ({
        sequence: Number(row.sequence),
        body: row.body as Uint8Array,
        time: row.time as number,
      }));
    },

    async trimInbox(monitor, belowSequence) {
      await database.query({
        text: "delete from tidegauge.inbox where monitor = $1 and sequence < $2",
        values: [toText(monitor), belowSequence],
      });
    },
  };
}
