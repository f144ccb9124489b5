import {
  DEAD_LETTER_STATES,
  type DeadLetterFilter,
  type DeadLetterRecord,
  type DeadLetterState,
  type DeadLetters,
} from "../../engine/dead-letters.ts";
import type { Reason } from "../../engine/rejection.ts";
import type { RecordHeader } from "../../engine/source.ts";
import { type Conditions, where } from "./conditions.ts";
import { page } from "./page.ts";
import type { Database } from "./postgres-connection.ts";
import { fromText, toText } from "./safe-text.ts";

export function createDeadLetters(database: Database): DeadLetters {
  return {
    async deadLetters({ after, limit, ...query }) {
      const filter = matching(query);
      if (after !== undefined) filter.add("seq <", after);
      const { rows } = await database.query({
        text: `select * from tidegauge.dead_letter ${filter.sql} order by seq desc limit ${filter.value(limit)}`,
        values: filter.values,
      });
      return page(rows, limit, (row) => row.seq as string, deadLetter);
    },

    async deadLetterCounts(monitor) {
      const filter = where({ monitor });
      filter.add("state <>", "replayed");
      const { rows } = await database.query({
        text: `select reason, count(*) as count from tidegauge.dead_letter ${filter.sql} group by reason`,
        values: filter.values,
      });
      return Object.fromEntries(rows.map((row) => [row.reason as string, Number(row.count)]));
    },

    async deadLetterStates(query) {
      const filter = matching(query);
      const { rows } = await database.query({
        text: `select state, count(*) as count from tidegauge.dead_letter ${filter.sql} group by state`,
        values: filter.values,
      });
      const of = (state: DeadLetterState) => Number(rows.find((row) => row.state === state)?.count ?? 0);
      return { kept: of("kept"), asked: of("asked"), replayed: of("replayed") };
    },

    async askReplay(run, query) {
      const filter = matching({ ...query, state: "kept" });
      filter.add("run =", run);
      const { count } = await database.query({
        text: `update tidegauge.dead_letter set state = 'asked' ${filter.sql}`,
        values: filter.values,
      });
      return count;
    },

    async lanesAsked(run) {
      const { rows } = await database.query({
        name: "lanes_asked",
        text: "select distinct monitor, topic, partition from tidegauge.dead_letter where run = $1 and state = 'asked'",
        values: [toText(run)],
      });
      return rows.map((row) => ({
        run,
        monitor: fromText(row.monitor as string),
        topic: fromText(row.topic as string),
        partition: row.partition as number,
      }));
    },

    async pendingReplays({ run, monitor, topic, partition }, limit) {
      const { rows } = await database.query({
        name: "pending_replays",
        text: `select * from tidegauge.dead_letter where state = 'asked' and run = $1 and monitor = $2 and topic = $3
          and partition = $4 order by seq limit $5`,
        values: [toText(run), toText(monitor), toText(topic), partition, limit],
      });
      return rows.map(deadLetter);
    },

    async stillAsked(sequences) {
      const { rows } = await database.query({
        text: "select seq from tidegauge.dead_letter where seq = any ($1::bigint[]) and state = 'asked'",
        values: [sequences],
      });
      return rows.map((row) => Number(row.seq));
    },

    async takeTopicOut(limit, leaseMs) {
      const { rows } = await database.query({
        name: "take_topic_out",
        text: `update tidegauge.dead_letter set topic_out_at = now() + $2 * interval '1 millisecond' where seq in (
            select seq from tidegauge.dead_letter where topic_out is not null and topic_out_at <= now()
            order by seq limit $1 for update skip locked
          ) returning *`,
        values: [limit, leaseMs],
      });
      return rows
        .map((row) => ({ letter: deadLetter(row), topicOut: fromText(row.topic_out as string) }))
        .sort((a, b) => a.letter.sequence - b.letter.sequence);
    },

    async finishTopicOut(sequences) {
      await database.query({
        name: "finish_topic_out",
        text: "update tidegauge.dead_letter set topic_out = null where seq = any ($1::bigint[])",
        values: [sequences],
      });
    },
  };
}

function matching({ monitor, reason, topic, partition, state }: DeadLetterFilter): Conditions {
  return where({ monitor, reason, topic, partition, state });
}

/** Names and, in base64, values; null: none. */
export function headersText(headers: readonly RecordHeader[] | undefined): string | null {
  if (headers === undefined || headers.length === 0) return null;
  return JSON.stringify(
    headers.map(({ name, value }) => [name, value === null ? null : Buffer.from(value).toString("base64")]),
  );
}

function deadLetter(row: Readonly<Record<string, unknown>>): DeadLetterRecord {
  const headers = row.headers as readonly (readonly [string, string | null])[] | null;
  return {
    sequence: Number(row.seq),
    run: fromText(row.run as string),
    monitor: fromText(row.monitor as string),
    topic: fromText(row.topic as string),
    partition: row.partition as number,
    offset: Number(row.offset),
    time: row.time as number | null,
    reason: row.reason as Reason,
    detail: fromText(row.detail as string),
    key: row.key as Uint8Array | null,
    value: row.value as Uint8Array | null,
    state: DEAD_LETTER_STATES.find((state) => state === row.state)!,
    ...(headers === null
      ? {}
      : {
          headers: headers.map(
            ([name, value]): RecordHeader => ({ name, value: value === null ? null : Buffer.from(value, "base64") }),
          ),
        }),
  };
}
