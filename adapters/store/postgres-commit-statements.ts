import type { Commit, StateWrite } from "../../engine/store.ts";
import { byteaArray, float8Array, int2Array, int8Array, textArray } from "./binary-array.ts";
import { recordStatements } from "./postgres-commit-records.ts";
import type { Statement } from "./postgres-connection.ts";
import { statusCode } from "./status.ts";

/** A parameter larger than this goes in pieces: neither side holds more than a piece or two beside the data. */
const PIECE_BYTES = 1 << 20;

/** One transaction, as statements that need no answer of each other; a failure makes the last one a rollback. */
export function commitStatements(commit: Commit, token: string): Statement[] {
  const states = commit.states;
  return [
    { text: "begin" },
    {
      name: "advance",
      text: "select tidegauge.advance($1, $2, $3, $4, $5, $6)",
      values: [
        commit.lane,
        commit.epoch,
        commit.fromOffset,
        commit.nextOffset,
        commit.cursor === null ? null : JSON.stringify(commit.cursor),
        token,
      ],
    },
    ...partStatements(commit.lane, states),
    ...pieces(states, (state) => state.blob.byteLength).map((piece) => putStates(commit.lane, piece)),
    ...recordStatements(commit),
    { text: "commit" },
  ];
}

function putStates(lane: number, states: readonly StateWrite[]): Statement {
  const parts = states.some((state) => state.parts.length > 0);
  return {
    name: "put_states",
    text: "select tidegauge.put_states($1, $2, $3, $4, $5, $6, $7, $8)",
    values: [
      lane,
      textArray(states.map((state) => state.key)),
      parts ? textArray(states.map((state) => (state.parts.length === 0 ? null : state.parts.join(",")))) : null,
      int8Array(states.map((state) => state.events)),
      int2Array(states.map((state) => statusCode(state.status))),
      float8Array(states.map((state) => state.ratio)),
      float8Array(states.map((state) => state.time)),
      // Last: the driver's buffer grows by copying what is in it.
      byteaArray(states.map((state) => state.blob)),
    ],
  };
}

/** Each looked up by its key, whatever plan was made while the tables were small: hence `offset 0`. */
const DROP_USES = `delete from tidegauge.part_use where ctid = any (array(
  select u.ctid from (select unnest($2::text[]) collate "C" as key, unnest($3::text[]) collate "C" as hash) d
  cross join lateral (
    select ctid from tidegauge.part_use where lane = $1 and hash = d.hash and key = d.key offset 0
  ) u))`;
const DROP_PARTS = `delete from tidegauge.part where ctid = any (array(
  select p.ctid from (select unnest($2::text[]) collate "C" as hash) d
  cross join lateral (select ctid from tidegauge.part where lane = $1 and hash = d.hash offset 0) p
  where not exists (select from tidegauge.part_use u where u.lane = $1 and u.hash = d.hash offset 0)))`;

/** A part is stored once per lane, however many keys share it, and goes when the last of them drops it. */
function partStatements(lane: number, states: readonly StateWrite[]): Statement[] {
  const statements: Statement[] = [];
  const bytes = new Map<string, Uint8Array>();
  const used: [string, string][] = [];
  const dropped: [string, string][] = [];
  for (const state of states) {
    for (const part of state.newParts) {
      bytes.set(part.hash, part.bytes);
      used.push([state.key, part.hash]);
    }
    for (const hash of state.dropParts) dropped.push([state.key, hash]);
  }
  for (const piece of pieces([...bytes], ([, one]) => one.byteLength)) {
    statements.push({
      name: "put_parts",
      text: "insert into tidegauge.part (lane, hash, bytes) select $1, unnest($2::text[]), unnest($3::bytea[]) on conflict do nothing",
      values: [lane, textArray(piece.map(([hash]) => hash)), byteaArray(piece.map(([, one]) => one))],
    });
  }
  if (used.length > 0) {
    statements.push({
      name: "use_parts",
      text: "insert into tidegauge.part_use (lane, key, hash) select $1, unnest($2::text[]), unnest($3::text[]) on conflict do nothing",
      values: [lane, textArray(used.map(([key]) => key)), textArray(used.map(([, hash]) => hash))],
    });
  }
  if (dropped.length > 0) {
    const hashes = textArray([...new Set(dropped.map(([, hash]) => hash))]);
    statements.push(
      {
        name: "drop_uses",
        text: DROP_USES,
        values: [lane, textArray(dropped.map(([key]) => key)), textArray(dropped.map(([, hash]) => hash))],
      },
      {
        name: "drop_parts",
        text: DROP_PARTS,
        values: [lane, hashes],
      },
    );
  }
  return statements;
}

function pieces<T>(items: readonly T[], size: (item: T) => number): T[][] {
  const out: T[][] = [];
  let room = 0;
  for (const item of items) {
    const bytes = size(item);
    if (out.length === 0 || bytes > room) {
      out.push([]);
      room = PIECE_BYTES;
    }
    out.at(-1)!.push(item);
    room -= bytes;
  }
  return out;
}
