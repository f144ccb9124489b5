import { isJson, type Json, numberAt } from "./read.ts";

export interface LabelPair {
  readonly labels: readonly [string, string];
  /** Of the events with one of them, the share with both. */
  readonly before: number;
  readonly after: number;
}

export interface LabelTree {
  /** Clusters of labels. */
  readonly before: readonly (readonly string[])[];
  /** Empty while it is not learnt yet. */
  readonly after: readonly (readonly string[])[];
  readonly pairs: readonly LabelPair[];
}

const MOST_LABELS = 48;

/** {partitionBefore: [[label]], partition: [[label]], pairs: [{labels, jaccardBefore, jaccard}]}, or null when it is not that. */
export function readLabels(explanation: Json, now: unknown): LabelTree | null {
  const before = clusters(explanation.partitionBefore);
  const pairs = Array.isArray(explanation.pairs) ? explanation.pairs.filter(isJson).flatMap(pairOf) : [];
  if (before.length === 0 && pairs.length === 0) return null;
  const told = clusters(explanation.partition);
  return { before, after: told.length > 0 ? told : clusters(now), pairs };
}

/** The labels that fit a picture: those that moved first. */
export function fitting({ before, after }: LabelTree, moved: ReadonlySet<string>): LabelTree {
  const all = [...new Set([...before.flat(), ...after.flat()])];
  if (all.length <= MOST_LABELS) return { before, after, pairs: [] };
  const kept = new Set([...all.filter((name) => moved.has(name)), ...all].slice(0, MOST_LABELS));
  const keep = (names: readonly string[]) => names.filter((name) => kept.has(name));
  const some = (list: LabelTree["before"]) => list.map(keep).filter((names) => names.length > 0);
  return { before: some(before), after: some(after), pairs: [] };
}

/** Labels that are not in the cluster that most of their cluster before went to. */
export function movedLabels(before: LabelTree["before"], after: LabelTree["after"]): Set<string> {
  const home = new Map(after.flatMap((names, k) => names.map((name) => [name, k] as const)));
  const moved = new Set<string>();
  const taken = new Set<number>();
  for (const names of [...before].sort((a, b) => b.length - a.length)) {
    const votes = new Map<number, number>();
    for (const name of names) {
      const k = home.get(name);
      if (k !== undefined && !taken.has(k)) votes.set(k, (votes.get(k) ?? 0) + 1);
    }
    const [main] = [...votes].sort((a, b) => b[1] - a[1])[0] ?? [-1];
    taken.add(main);
    for (const name of names) if (home.has(name) && home.get(name) !== main) moved.add(name);
  }
  return moved;
}

function clusters(value: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((one) => (Array.isArray(one) ? one.filter((name): name is string => typeof name === "string") : []))
    .filter((names) => names.length > 0);
}

function pairOf(value: Json): LabelPair[] {
  const [a, b] = Array.isArray(value.labels) ? value.labels : [];
  const before = numberAt(value, "jaccardBefore");
  const after = numberAt(value, "jaccard");
  if (typeof a !== "string" || typeof b !== "string" || before === null || after === null) return [];
  return [{ labels: [a, b], before, after }];
}
