import { createHash } from "node:crypto";
import pg from "pg";

/**
 * What a run left in its database, apart from when; equal for equal streams, whatever happened on the way. Positions of
 * one topic, or of all.
 */
export async function leftBehind(url: string, topic: string | null = null) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const rows = async <T>(sql: string, values: unknown[] = []): Promise<T[]> =>
      (await client.query(sql, values)).rows as T[];
    const states = await rows<{ name: string; key: string; parts: string | null; blob: Buffer }>(
      `select m.name, s.key, s.parts, s.blob from tidegauge.state s join tidegauge.monitor m on m.id = s.monitor
       order by m.name, s.key`,
    );
    return {
      positions: await rows<{ name: string; partition: number; next: string }>(
        `select m.name, l.partition, l.next_offset as next from tidegauge.lane l join tidegauge.monitor m
         on m.id = l.monitor where ($1::text is null or l.topic = $1) order by m.name, l.partition`,
        [topic],
      ),
      states: states.map(
        (s) =>
          `${s.name}/${s.key} ${createHash("sha256")
            .update(s.parts ?? "")
            .update(s.blob)
            .digest("hex")
            .slice(0, 16)}`,
      ),
      signals: await rows<{ id: string; body: unknown }>(`select id, body from tidegauge.signal order by id`),
      episodes: await rows(`select id, state from tidegauge.episode order by id`),
      notifications: await rows(`select id from tidegauge.outbox order by id`),
      deadLetters: await rows(
        `select monitor, partition, "offset", reason from tidegauge.dead_letter order by monitor, partition, "offset"`,
      ),
    };
  } finally {
    await client.end();
  }
}

export type LeftBehind = Awaited<ReturnType<typeof leftBehind>>;

/** Positions of all lanes of one monitor by partition, of one topic or the only one. */
export async function positionsOf(
  client: pg.Client | pg.Pool,
  monitor: string,
  topic: string | null = null,
): Promise<Map<number, number>> {
  const { rows } = await client.query(
    `select l.partition, l.next_offset from tidegauge.lane l join tidegauge.monitor m on m.id = l.monitor
     where m.name = $1 and l.next_offset is not null and ($2::text is null or l.topic = $2)`,
    [monitor, topic],
  );
  return new Map(rows.map((r: { partition: number; next_offset: string }) => [r.partition, Number(r.next_offset)]));
}

/** Signals of one place that are there more than once under different ids: none, whatever happened. */
export function saidTwice(left: LeftBehind): number {
  const places = left.signals.map(({ body }) => {
    const { monitor, key, kind, index, position } = body as Record<string, unknown>;
    return JSON.stringify([monitor, key, kind, index, position]);
  });
  return places.length - new Set(places).size;
}
