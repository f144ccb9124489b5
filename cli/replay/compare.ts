import { REFUSED_KEY } from "../../engine/refusals.ts";
import type { Signal } from "../../engine/signal.ts";
import type { Histories } from "./history.ts";
import type { Stretch } from "./plan.ts";
import type { Spots } from "./spots.ts";

/** Why a signal of one side is not held against the other. */
export const APART = ["learning", "gone", "ahead"] as const;
export type Apart = (typeof APART)[number];

export interface Row {
  readonly key: string;
  readonly kind: string;
  same: number;
  onlyThen: number;
  onlyNow: number;
  /** Signals of either side that are not compared. */
  notCompared: number;
}

export interface Comparison {
  /** By key and kind: those that differ most first. */
  readonly rows: readonly Row[];
  readonly onlyThen: readonly Signal[];
  readonly onlyNow: readonly Signal[];
  readonly same: number;
  /** Of the same ones, those that came some events earlier or later, within what was allowed. */
  readonly moved: number;
  /** Of the same ones, those that differ in what they say: statistic, onset, explanation. */
  readonly saidOtherwise: number;
  readonly notCompared: Readonly<Record<Apart, number>>;
}

export interface Sides {
  readonly past: readonly Signal[];
  readonly now: readonly Signal[];
  readonly stretches: readonly Stretch[];
  readonly spots: Spots;
  readonly histories: Histories;
  /** The detector learns what is normal first, and the config gives it nothing to begin with. */
  readonly learns: boolean;
  /** Events of its key by which a signal may come earlier or later and be the same. */
  readonly within: number;
}

/** Two signals are the same when they are of one kind about one key at one event, or at one that is near enough. */
export function compareSignals({ past, now, stretches, spots, histories, learns, within }: Sides): Comparison {
  const byPartition = new Map(stretches.map((stretch) => [stretch.partition, stretch]));
  const rows = new Map<string, Row>();
  const notCompared: Record<Apart, number> = { learning: 0, gone: 0, ahead: 0 };
  const rowOf = ({ key, kind }: Signal): Row => {
    const name = `${key}\u0000${kind}`;
    if (!rows.has(name)) rows.set(name, { key, kind, same: 0, onlyThen: 0, onlyNow: 0, notCompared: 0 });
    return rows.get(name)!;
  };

  /** Null: it counts. Undefined: it is outside the range. */
  const apart = ({ key, position }: Signal): Apart | null | undefined => {
    const spot = spots.of(position);
    const stretch = spot && byPartition.get(spot.partition);
    if (!spot || !stretch || spot.offset >= stretch.to) return undefined;
    const { offset } = spot;
    if (offset < stretch.from) return stretch.gone !== null && offset >= stretch.gone.from ? "gone" : undefined;
    if (offset >= (stretch.live ?? 0)) return "ahead";
    if (!learns || key === REFUSED_KEY || histories.of(key) === "same") return null;
    return offset < (histories.speaksFrom(key) ?? Number.POSITIVE_INFINITY) ? "learning" : null;
  };
  const counted = (signals: readonly Signal[]): Signal[] =>
    signals.filter((signal) => {
      const why = apart(signal);
      if (why == null) return why === null;
      notCompared[why]++;
      rowOf(signal).notCompared++;
      return false;
    });

  const waiting = new Map<string, Signal[]>();
  for (const signal of counted(past)) waiting.set(placeOf(signal), [...(waiting.get(placeOf(signal)) ?? []), signal]);
  const pairs: [Signal, Signal][] = [];
  const unmatched: Signal[] = [];
  for (const signal of counted(now)) {
    const match = waiting.get(placeOf(signal))?.shift();
    if (match === undefined) unmatched.push(signal);
    else pairs.push([match, signal]);
  }
  const near = pairNear([...waiting.values()].flat(), unmatched, within, (signal) => histories.missing(signal.key));
  const { onlyThen, onlyNow } = near;
  pairs.push(...near.pairs);
  for (const [, signal] of pairs) rowOf(signal).same++;
  for (const signal of onlyThen) rowOf(signal).onlyThen++;
  for (const signal of onlyNow) rowOf(signal).onlyNow++;
  return {
    rows: [...rows.values()].sort(
      (a, b) =>
        b.onlyThen + b.onlyNow - a.onlyThen - a.onlyNow || compareText(a.key, b.key) || compareText(a.kind, b.kind),
    ),
    onlyThen: onlyThen.sort(byPlace),
    onlyNow: onlyNow.sort(byPlace),
    same: pairs.length,
    moved: near.pairs.length,
    saidOtherwise: pairs.filter(([one, other]) => contentOf(one) !== contentOf(other)).length,
    notCompared,
  };
}

/** Pairs what is left in order, key by key and kind by kind. */
function pairNear(
  past: readonly Signal[],
  now: readonly Signal[],
  within: number,
  missing: (past: Signal) => number,
): { readonly pairs: [Signal, Signal][]; readonly onlyThen: Signal[]; readonly onlyNow: Signal[] } {
  const pairs: [Signal, Signal][] = [];
  const onlyThen: Signal[] = [];
  const left = new Set(now);
  const byIndex = (a: Signal, b: Signal) => a.index - b.index || byPlace(a, b);
  const ordered = [...now].sort(byIndex);
  for (const signal of within > 0 ? [...past].sort(byIndex) : past) {
    const at = signal.index - missing(signal);
    const isNear = (other: Signal) =>
      left.has(other) && other.key === signal.key && other.kind === signal.kind && Math.abs(other.index - at) <= within;
    const match = within > 0 ? ordered.find(isNear) : undefined;
    if (match === undefined) onlyThen.push(signal);
    else {
      left.delete(match);
      pairs.push([signal, match]);
    }
  }
  return { pairs, onlyThen, onlyNow: [...left] };
}

function placeOf({ position, key, kind }: Signal): string {
  return `${position.partition}\u0000${position.offset}\u0000${kind}\u0000${key}`;
}

/** Run and place are in the id, and how much was behind the key in the index. */
function contentOf({ id: _, index: __, ...content }: Signal): string {
  return canonical(content);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    v !== null && typeof v === "object" && !Array.isArray(v)
      ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => compareText(a, b)))
      : v,
  );
}

function byPlace(a: Signal, b: Signal): number {
  return (
    a.position.partition - b.position.partition ||
    Number(a.position.offset) - Number(b.position.offset) ||
    compareText(placeOf(a), placeOf(b))
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
