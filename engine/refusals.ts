import type { SignalSpec } from "./detector.ts";
import type { OpenEpisode } from "./key-header.ts";
import type { Rejection } from "./rejection.ts";
import type { SignalDraft } from "./signal.ts";

/** The engine's own: many records are refused for one and the same cause, so it is their writer that changed. */
export const SCHEMA_CHANGE: SignalSpec = {
  kind: "schema_change",
  severity: "critical",
  episode: "opens",
  help: "Records of one new shape are refused in number: told once, with a count, however many follow.",
};

/** Signals about a partition's refused records are under this name instead of a key's. */
export const REFUSED_KEY = "(refused records)";

/** What is remembered of refused records, as plain data; replaced, never written into. */
export interface Refusals {
  /** Refused so far. */
  readonly total: number;
  readonly shapes: readonly Shape[];
  readonly open: readonly OpenEpisode[];
}

interface Shape {
  /** Reason and cause, without what differs from record to record. */
  readonly name: string;
  readonly reason: Rejection["reason"];
  /** Of the newest one. */
  readonly detail: string;
  /** Share of such records among the last hundred or so, as of `at`. */
  readonly rate: number;
  /** Offset of the newest one. */
  readonly at: number;
  readonly time: number | null;
  /** Since it was last quiet. */
  readonly count: number;
  readonly firstOffset: number;
  readonly told: boolean;
}

export interface Refused {
  readonly offset: number;
  readonly time: number | null;
  readonly rejection: Rejection;
}

export interface Said {
  readonly refusals: Refusals;
  readonly says: readonly {
    readonly draft: SignalDraft;
    readonly offset: number;
    readonly index: number;
    /** The record's own; of a recovery, of the last that was refused. */
    readonly time: number | null;
  }[];
}

export const noRefusals: Refusals = { total: 0, shapes: [], open: [] };

/** The share forgets with a memory of so many offsets. */
const MEMORY = 100;
const KEEP = 1 - 1 / MEMORY;
/** 23 in a row out of nothing, or one in five for a while. */
const MANY = 0.2;
const FEW = 0.02;
const FORGOTTEN = 0.001;
/** Others than so many are forgotten, the rarest first. */
const MOST_SHAPES = 8;

/** Takes the refused records of a stretch of the partition in their order; `upTo`: the offset after the stretch. */
export function weigh(before: Refusals, refused: readonly Refused[], upTo: number): Said {
  if (refused.length === 0 && before.shapes.length === 0) return { refusals: before, says: [] };
  let { total, shapes } = before;
  const says: Said["says"][number][] = [];
  const settle = (offset: number): void => {
    // In the order in which they became calm, wherever the stretch ended.
    const calm = shapes.filter((s) => calmFrom(s) <= offset).sort((a, b) => calmFrom(a) - calmFrom(b));
    for (const shape of calm) {
      shapes = shapes.filter((s) => s !== shape);
      if (shape.told && !shapes.some((s) => s.told))
        says.push({ draft: overOf(shape), offset: calmFrom(shape), index: total, time: shape.time });
    }
  };
  for (const { offset, time, rejection } of refused) {
    // Lateness is the stream's pace, not its shape.
    if (rejection.reason === "late") continue;
    settle(offset);
    const name = shapeOf(rejection);
    const { reason, detail } = rejection;
    const known = shapes.find((s) => s.name === name);
    const rate = (known ? rateAt(known, offset) : 0) + 1 / MEMORY;
    const count = (known?.count ?? 0) + 1;
    const firstOffset = known?.firstOffset ?? offset;
    const tell = rate >= MANY && known?.told !== true;
    const shape = {
      name,
      reason,
      detail,
      rate,
      at: offset,
      time,
      count,
      firstOffset,
      told: known?.told === true || tell,
    };
    if (tell) says.push({ draft: changeOf(shape), offset, index: total, time });
    shapes = crowdedOut([...shapes.filter((s) => s !== known), shape], offset);
    total++;
  }
  settle(upTo - 1);
  return { refusals: { total, shapes, open: before.open }, says };
}

function crowdedOut(shapes: readonly Shape[], offset: number): readonly Shape[] {
  if (shapes.length <= MOST_SHAPES) return shapes;
  const quiet = shapes.filter((s) => !s.told).sort((a, b) => rateAt(a, offset) - rateAt(b, offset))[0] ?? shapes[0];
  return shapes.filter((s) => s !== quiet);
}

/** The offset from which on it is no longer in number, if none follows; one that never was is forgotten later. */
function calmFrom({ rate, at, told }: Shape): number {
  return at + Math.ceil(Math.log((told ? FEW : FORGOTTEN) / rate) / Math.log(KEEP));
}

function rateAt({ rate, at }: Shape, offset: number): number {
  return rate * KEEP ** (offset - at);
}

/** A schema's id is part of the shape; sizes and counts are not. */
function shapeOf({ reason, detail }: Rejection): string {
  if (reason === "schema") return `${reason} ${detail.replace(/:.*$/s, "")}`;
  return `${reason} ${detail.replace(/\d+/g, "#")}`;
}

function changeOf({ reason, detail, count, firstOffset }: Shape): SignalDraft {
  return {
    kind: SCHEMA_CHANGE.kind,
    onset: null,
    statistic: null,
    threshold: null,
    summary: `Records are refused in number (${reason}): ${detail} They are kept as dead letters.`,
    explanation: { reason, detail, records: count, firstOffset: String(firstOffset) },
  };
}

function overOf({ reason, detail, count, firstOffset, at }: Shape): SignalDraft {
  const offsets = { firstOffset: String(firstOffset), lastOffset: String(at) };
  return {
    kind: "recovered",
    onset: null,
    statistic: null,
    threshold: null,
    summary: `No more records are refused in number; ${count} were (${reason}).`,
    explanation: { reason, detail, records: count, ...offsets },
    episodeOf: SCHEMA_CHANGE.kind,
  };
}
