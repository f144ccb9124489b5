import type { SignalDraft } from "../../engine/signal.ts";
import { type CoOccurrence, FAST_DECAY, jaccardsOf } from "./co-occurrence.ts";
import { SUPPORT } from "./displacement.ts";
import type { Drift, MovedPair, State } from "./state.ts";

type Names = readonly (readonly string[])[];

/** More names than these are cut from one signal. */
const MOST_NAMED = 1024;

/** Clusters of names, the largest first; labels too rare to be placed stand apart. */
export function partitionOf(state: State): { partition: Names; rest: readonly string[] } {
  const { partition, labels, structure } = state;
  const clusters = [...partition.clusters].sort((a, b) => b.labels.length - a.labels.length || a.id - b.id);
  let room = MOST_NAMED;
  const named = clusters.flatMap((cluster) => {
    const names = cluster.labels.slice(0, Math.max(0, room)).map((i) => labels.names[i]!);
    room -= names.length;
    return names.length === 0 ? [] : [names];
  });
  const rest: string[] = [];
  for (let i = 0; i < structure.labels && rest.length < 64; i++) {
    if ((partition.of[i] ?? -1) < 0 && structure.slow[i]! > 0) rest.push(labels.names[i]!);
  }
  return { partition: named, rest };
}

/** The pairs that moved most; of those that the displacement is over, or of all. */
export function topPairs(state: State, most: number, all = false): MovedPair[] {
  const c = state.structure;
  const best: { s: number; by: number }[] = [];
  let least = 0;
  for (let s = 0; s < c.slots; s++) {
    const by = movedBy(c, s, all);
    if (by <= least && best.length >= most) continue;
    best.push({ s, by });
    best.sort((a, b) => b.by - a.by || a.s - b.s);
    if (best.length > most) best.pop();
    least = best.at(-1)!.by;
  }
  return best
    .filter(({ by }) => by > 0)
    .map(({ s }) => {
      const [i, j] = [c.first[s]!, c.second[s]!];
      const { fast, slow } = jaccardsOf(c, i, j);
      return {
        labels: [state.labels.names[i]!, state.labels.names[j]!] as const,
        jaccardBefore: round(slow),
        jaccard: round(fast),
      };
    });
}

function movedBy(c: CoOccurrence, s: number, all: boolean): number {
  const [i, j] = [c.first[s]!, c.second[s]!];
  if (!all && (c.mask[i] === 0 || c.mask[j] === 0)) return 0;
  const { fast, slow } = jaccardsOf(c, i, j);
  const weight = (l: number): number => Math.min(1, (c.slow[l]! * c.slowScale) / SUPPORT);
  return weight(i) * weight(j) * Math.abs(fast - slow);
}

/** Labels whose company changed: not in the cluster that most of their cluster before went to. */
export function movedLabels(before: Names, after: Names): string[] {
  const home = new Map(after.flatMap((names, k) => names.map((name) => [name, k] as const)));
  const moved: string[] = [];
  const taken = new Set<number>();
  const bySize = [...before].sort((a, b) => b.length - a.length);
  for (const names of bySize) {
    const votes = new Map<number, number>();
    for (const name of names) {
      const k = home.get(name);
      if (k !== undefined && !taken.has(k)) votes.set(k, (votes.get(k) ?? 0) + 1);
    }
    const [main] = [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [-1];
    if (main >= 0) taken.add(main);
    for (const name of names) if (home.has(name) && home.get(name) !== main) moved.push(name);
  }
  return moved;
}

export function driftSummary(since: string, pairs: readonly MovedPair[]): string {
  const [first] = pairs;
  if (first === undefined) return `Since ${since} labels come together in another way.`;
  const [a, b] = first.labels;
  const how = first.jaccard < first.jaccardBefore ? "less" : "more";
  return `Since ${since} labels come together in another way: ${quote(a)} and ${quote(b)} ${how} often (Jaccard ${first.jaccardBefore} → ${first.jaccard})${pairs.length > 1 ? `, ${pairs.length - 1} other pairs moved` : ""}.`;
}

export function partitionChanged(
  state: State,
  before: Names,
  reason: "split" | "merge" | "regroup" | "reset",
): SignalDraft {
  const now = partitionOf(state);
  const n = now.partition.length;
  const clusters = `${n} ${n === 1 ? "cluster" : "clusters"}, before ${before.length}`;
  const words = {
    split: `Labels form more clusters: ${clusters}.`,
    merge: `Labels form fewer clusters: ${clusters}.`,
    regroup: `Labels changed clusters: ${clusters}.`,
    reset: "The clusters of labels are learnt anew.",
  };
  return {
    kind: "partition_changed",
    onset: null,
    statistic: null,
    threshold: null,
    summary: words[reason],
    explanation: { reason, ...now, partitionBefore: before, moved: movedLabels(before, now.partition).slice(0, 64) },
  };
}

/** The alarm once more, when the new clusters are known. */
export function explainAgain(state: State, drift: Drift): SignalDraft {
  const now = partitionOf(state);
  const moved = movedLabels(drift.before, now.partition);
  const index = (name: string): number => state.labels.numbers.get(name) ?? -1;
  const pairs = drift.pairs.map((pair) => {
    const [i, j] = [index(pair.labels[0]), index(pair.labels[1])];
    return i < 0 || j < 0 ? pair : { ...pair, jaccard: round(jaccardsOf(state.structure, i, j).slow) };
  });
  const n = now.partition.length;
  const shown = moved.slice(0, 5).map(quote).join(", ");
  const summary =
    moved.length === 0
      ? `The clusters of labels are as before (${n}), the ties in them are not.`
      : `${shown}${moved.length > 5 ? ` and ${moved.length - 5} more` : ""} moved to other clusters (${n} now, ${drift.before.length} before).`;
  return {
    kind: "explained",
    onset: null,
    statistic: null,
    threshold: null,
    summary,
    explanation: { pairs, ...now, partitionBefore: drift.before, moved: moved.slice(0, 64) },
    episodeOf: "drift",
  };
}

/** Mean labels per event, and how much more frequent the most frequent label is than one is on average, of late. */
export function frequencies(c: CoOccurrence): { cardinality: number; imbalance: number } {
  let sum = 0;
  let most = 0;
  for (let i = 0; i < c.labels; i++) {
    const rate = c.fast[i]! * c.fastScale * (1 - FAST_DECAY);
    sum += rate;
    if (rate > most) most = rate;
  }
  let ratios = 0;
  let n = 0;
  for (let i = 0; i < c.labels; i++) {
    const rate = c.fast[i]! * c.fastScale * (1 - FAST_DECAY);
    // Seen about once in the fast memory at least.
    if (rate < 1 - FAST_DECAY) continue;
    ratios += most / rate;
    n++;
  }
  return { cardinality: sum, imbalance: n > 0 ? ratios / n : 1 };
}

export function percent(share: number): string {
  return `${Number((100 * share).toPrecision(2))} %`;
}

export function quote(name: string): string {
  return name.length > 40 ? `“${name.slice(0, 39)}…”` : `“${name}”`;
}

export function round(x: number): number {
  return Number(x.toFixed(3));
}

/** An event's index with thousands apart. */
export function placeWords(index: number): string {
  return String(index).replace(/\B(?=(\d{3})+$)/g, ",");
}
