import { readFileSync } from "node:fs";
import type { Decode } from "../../engine/decode.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Watch } from "../../engine/monitor.ts";
import { parseJson } from "../../ingest/decode/json.ts";
import { compilePointer } from "../../ingest/decode/pointer.ts";

/** Where the stream really changes, by key (or by what a field names within it); indices are its accepted events. */
export interface Change {
  readonly index: number;
  /** Back to what the key began with: a detector may say so, and need not. */
  readonly isReturn: boolean;
}

/** How changes are told. */
export type Labels =
  /** A field that names the concept: where its value is another than that of the key's event before, something changed. */
  | { readonly kind: "concept"; readonly pointer: string }
  /** A field that is true or 1 at the first event of each change. */
  | { readonly kind: "flag"; readonly pointer: string }
  /** Lines of the input, from 0, at which changes begin. */
  | { readonly kind: "lines"; readonly lines: ReadonlySet<number> };

export interface Truth {
  /** Sees the labels go by. */
  decoding(decode: Decode): Decode;
  readonly watch: Watch;
  /** Whose event stands at that offset, and which of its events it is; null where its evidence was below the alarm line. */
  place(offset: number): { readonly key: string; readonly index: number } | null;
  /** By key, ascending. */
  changes(): ReadonlyMap<string, readonly Change[]>;
  /** Accepted events by key, and the first one on which the detector had an opinion (null: it never had). */
  seen(): ReadonlyMap<string, { readonly events: number; readonly judgedFrom: number | null }>;
  /** Changes that no accepted event followed. */
  lost(): number;
}

interface Due {
  readonly offset: number;
  readonly isReturn: boolean;
}

/** `each`: the field of the event that names what changes within a key; null: the key itself changes. */
export function createTruth(labels: Labels, each: string | null = null): Truth {
  const read = labels.kind === "lines" ? null : compilePointer(labels.pointer, "the label's pointer");
  const last = new Map<string, { first: string; value: string }>();
  /** Told, and not yet placed: the key's next accepted event from that offset on is its first. Decoding runs ahead. */
  const due = new Map<string, Due[]>();
  const changes = new Map<string, Change[]>();
  const seen = new Map<string, { events: number; judgedFrom: number | null }>();
  const judged = new Set<string>();
  const places = new Map<number, { key: string; index: number }>();
  /** Who is meant, from its decoding until it was accepted. */
  const meant = new Map<number, string>();

  const whose = (key: string, event: unknown, offset: number): string => {
    if (each === null) return key;
    const name = JSON.stringify([key, (event as Record<string, unknown>)[each]]);
    meant.set(offset, name);
    return name;
  };
  const tell = (key: string, offset: number, isReturn = false): void => {
    const waiting = due.get(key);
    if (waiting === undefined) due.set(key, [{ offset, isReturn }]);
    else waiting.push({ offset, isReturn });
  };
  const concept = (key: string, value: string, offset: number): void => {
    const known = last.get(key);
    if (known === undefined) last.set(key, { first: value, value });
    else if (known.value !== value) {
      known.value = value;
      tell(key, offset, value === known.first);
    }
  };

  return {
    decoding(decode) {
      return (record) => {
        const decoded = decode(record);
        if (decoded === null || "reason" in decoded) return decoded;
        const key = whose(decoded.key, decoded.event, record.offset);
        if (labels.kind === "lines") {
          if (labels.lines.has(record.offset)) tell(key, record.offset);
          return decoded;
        }
        const parsed = parseJson(record.value ?? new Uint8Array(0));
        const value = "reason" in parsed ? undefined : read!(parsed.value);
        if (labels.kind === "flag") {
          if (value === true || value === 1) tell(key, record.offset);
        } else if (value !== undefined && value !== null) concept(key, JSON.stringify(value), record.offset);
        return decoded;
      };
    },
    watch(of, _index, _time, ratio, offset) {
      const key = meant.get(offset) ?? of;
      meant.delete(offset);
      const known = seen.get(key) ?? { events: 0, judgedFrom: null };
      const index = known.events++;
      if (ratio > 0) judged.add(of);
      if (judged.has(of)) known.judgedFrom ??= index;
      if (ratio >= 1) places.set(offset, { key, index });
      seen.set(key, known);
      const waiting = due.get(key);
      let change: Due | undefined;
      while (waiting !== undefined && waiting.length > 0 && waiting[0]!.offset <= offset) change = waiting.shift();
      if (change === undefined) return;
      if (waiting!.length === 0) due.delete(key);
      const { isReturn } = change;
      const list = changes.get(key);
      if (list === undefined) changes.set(key, [{ index, isReturn }]);
      else list.push({ index, isReturn });
    },
    place: (offset) => places.get(offset) ?? null,
    changes: () => changes,
    seen: () => seen,
    lost: () => [...due.values()].reduce((sum, waiting) => sum + waiting.length, 0),
  };
}

/** One line number a line, from 0; empty lines and those after a # are left out. */
export function readChangeLines(path: string): ReadonlySet<number> {
  const fail = (what: string, cause?: unknown) => new TidegaugeError("USAGE", { what, command: "evaluate" }, cause);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw fail(
      `--changes ${path} cannot be read: ${(error as NodeJS.ErrnoException).code}; name an existing file`,
      error,
    );
  }
  const lines = new Set<number>();
  for (const [i, raw] of text.split("\n").entries()) {
    const line = raw.replace(/#.*/, "").trim();
    if (line === "") continue;
    if (!/^\d{1,15}$/.test(line))
      throw fail(
        `--changes ${path} line ${i + 1}: "${line.slice(0, 40)}" is no line number; write one whole number a line`,
      );
    lines.add(Number(line));
  }
  return lines;
}
