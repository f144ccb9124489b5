import type { Replayed } from "../../engine/dead-letters.ts";
import type { Signal } from "../../engine/signal.ts";
import type { Commit, DeadLetter, Episode, Notification, SeriesPoint } from "../../engine/store.ts";
import { byteaArray, float8Array, int8Array, textArray } from "./binary-array.ts";
import type { Statement } from "./postgres-connection.ts";
import { headersText } from "./postgres-dead-letters.ts";

/** Held until the commit, so that sequence numbers of signals ascend in commit order and cursors skip none. */
const SIGNAL_LOCK = 7_431_002;
export const CHANNEL = "tidegauge";
export const NOTIFY: Statement = { name: "notify", text: `select pg_notify('${CHANNEL}', '')` };

/** run and monitor of a lane, as `l`. */
const LANE =
  "(select m.id, m.run, m.name, l.topic, l.partition from tidegauge.lane l join tidegauge.monitor m on m.id = l.monitor where l.id = $1) l";

/** What a commit carries beside position and states; most carry none. Signals last: their lock is short. */
export function recordStatements(commit: Commit): Statement[] {
  const statements: Statement[] = [];
  if (commit.series.length > 0) statements.push(putSeries(commit.lane, commit.series));
  if (commit.deadLetters.length > 0) statements.push(putDeadLetters(commit.lane, commit.deadLetters));
  if (commit.replayed !== undefined && commit.replayed.length > 0) statements.push(markReplayed(commit.replayed));
  if (commit.episodes.length > 0) statements.push(putEpisodes(commit.lane, commit.episodes));
  if (commit.notifications.length > 0) statements.push(putNotifications(commit.notifications));
  if (commit.commands.length > 0) {
    statements.push({
      name: "apply_commands",
      text: "update tidegauge.command set lane = $1, applied_offset = $2, applied_at = now() where id = any ($3::bigint[]) and applied_at is null",
      values: [commit.lane, commit.nextOffset, int8Array(commit.commands)],
    });
  }
  if (commit.signals.length > 0) {
    statements.push(
      { name: "lock_signals", text: `select pg_advisory_xact_lock(${SIGNAL_LOCK})` },
      putSignals(commit.lane, commit.signals),
    );
  }
  if (commit.signals.length + commit.episodes.length + commit.commands.length > 0) statements.push(NOTIFY);
  return statements;
}

function putSeries(lane: number, points: readonly SeriesPoint[]): Statement {
  return {
    name: "put_series",
    text: `insert into tidegauge.series (monitor, key, from_index, to_index, time, ratio)
      select l.id, d.* from (select unnest($2::text[]), unnest($3::bigint[]), unnest($4::bigint[]), unnest($5::float8[]),
        unnest($6::float8[])) d, ${LANE}`,
    values: [
      lane,
      textArray(points.map((point) => point.key)),
      int8Array(points.map((point) => point.from)),
      int8Array(points.map((point) => point.to)),
      float8Array(points.map((point) => point.time)),
      float8Array(points.map((point) => point.ratio)),
    ],
  };
}

function putDeadLetters(lane: number, letters: readonly DeadLetter[]): Statement {
  return {
    name: "put_dead_letters",
    text: `insert into tidegauge.dead_letter (run, monitor, topic, partition, "offset", time, reason, detail, key, value, headers, topic_out)
      select l.run, l.name, coalesce(d.topic, l.topic), case when d.topic is null then l.partition else d.partition end,
        d."offset", d.time, d.reason, d.detail, d.key, d.value, d.headers::json, d.topic_out
      from (select unnest($2::bigint[]) "offset", unnest($3::float8[]) as time, unnest($4::text[]) reason,
        unnest($5::text[]) detail, unnest($6::bytea[]) as key, unnest($7::bytea[]) as value, unnest($8::text[]) headers,
        unnest($9::text[]) topic_out, unnest($10::text[]) topic, unnest($11::int[]) as partition) d, ${LANE}
      on conflict do nothing`,
    values: [
      lane,
      int8Array(letters.map((letter) => letter.offset)),
      float8Array(letters.map((letter) => letter.time)),
      textArray(letters.map((letter) => letter.reason)),
      textArray(letters.map((letter) => letter.detail)),
      byteaArray(letters.map((letter) => letter.key)),
      byteaArray(letters.map((letter) => letter.value)),
      textArray(letters.map((letter) => headersText(letter.headers))),
      textArray(letters.map((letter) => letter.topicOut ?? null)),
      textArray(letters.map((letter) => letter.place?.topic ?? null)),
      letters.map((letter) => letter.place?.partition ?? 0),
    ],
  };
}

function markReplayed(replayed: readonly Replayed[]): Statement {
  return {
    name: "mark_replayed",
    text: "select tidegauge.replay($1, $2, $3)",
    values: [
      int8Array(replayed.map((one) => one.sequence)),
      textArray(replayed.map((one) => one.rejection?.reason ?? null)),
      textArray(replayed.map((one) => one.rejection?.detail ?? null)),
    ],
  };
}

function putEpisodes(lane: number, episodes: readonly Episode[]): Statement {
  // One statement may write a row once: of an episode written twice, the last counts.
  const last = [...new Map(episodes.map((episode) => [episode.id, episode])).values()];
  return {
    name: "put_episodes",
    text: `insert into tidegauge.episode (run, id, monitor, key, kind, state, body)
      select l.run, d.* from (select unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]),
        unnest($6::text[]), unnest($7::text[])::json) d, ${LANE}
      on conflict (id) do update set state = excluded.state, body = excluded.body, updated_at = now()`,
    values: [
      lane,
      textArray(last.map((episode) => episode.id)),
      textArray(last.map((episode) => episode.monitor)),
      textArray(last.map((episode) => episode.key)),
      textArray(last.map((episode) => episode.kind)),
      textArray(last.map((episode) => episode.state)),
      textArray(last.map((episode) => JSON.stringify(episode))),
    ],
  };
}

export function putNotifications(notifications: readonly Notification[]): Statement {
  return {
    name: "put_notifications",
    text: `insert into tidegauge.outbox (id, episode, signal, channel, phase, body, monitor, detector, key, kind, severity)
      select unnest($1::text[]), unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]),
        unnest($6::text[]), unnest($7::text[]), unnest($8::text[]), unnest($9::text[]), unnest($10::text[]),
        unnest($11::text[]) on conflict do nothing`,
    values: [
      textArray(notifications.map((one) => one.id)),
      textArray(notifications.map((one) => one.episode)),
      textArray(notifications.map((one) => one.signal)),
      textArray(notifications.map((one) => one.channel)),
      textArray(notifications.map((one) => one.phase)),
      textArray(notifications.map((one) => one.body)),
      textArray(notifications.map((one) => one.about?.monitor ?? null)),
      textArray(notifications.map((one) => one.about?.detector ?? null)),
      textArray(notifications.map((one) => one.about?.key ?? null)),
      textArray(notifications.map((one) => one.about?.kind ?? null)),
      textArray(notifications.map((one) => one.about?.severity ?? null)),
    ],
  };
}

function putSignals(lane: number, signals: readonly Signal[]): Statement {
  return {
    name: "put_signals",
    text: `insert into tidegauge.signal (run, id, monitor, detector, key, kind, severity, index, time, score, summary, body)
      select l.run, d.* from (select unnest($2::text[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]),
        unnest($6::text[]), unnest($7::text[]), unnest($8::bigint[]), unnest($9::float8[]), unnest($10::float8[]),
        unnest($11::text[]), unnest($12::text[])::json) d, ${LANE}
      on conflict (id) do nothing`,
    values: [
      lane,
      textArray(signals.map((signal) => signal.id)),
      textArray(signals.map((signal) => signal.monitor)),
      textArray(signals.map((signal) => signal.detector)),
      textArray(signals.map((signal) => signal.key)),
      textArray(signals.map((signal) => signal.kind)),
      textArray(signals.map((signal) => signal.severity)),
      int8Array(signals.map((signal) => signal.index)),
      float8Array(signals.map(milliseconds)),
      float8Array(signals.map((signal) => signal.score)),
      textArray(signals.map((signal) => signal.summary)),
      textArray(signals.map((signal) => JSON.stringify(signal))),
    ],
  };
}

function milliseconds(signal: Signal): number | null {
  const time = signal.time === null ? Number.NaN : Date.parse(signal.time);
  return Number.isNaN(time) ? null : time;
}
