/** Explanations are the detectors' own JSON: read with care, a field that is missing or odd is left out. */

export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function numberAt(value: Json, ...names: readonly string[]): number | null {
  for (const name of names) {
    const found = value[name];
    if (typeof found === "number" && Number.isFinite(found)) return found;
  }
  return null;
}

export function textAt(value: Json, ...names: readonly string[]): string | null {
  for (const name of names) {
    const found = value[name];
    if (typeof found === "string" && found !== "") return found;
  }
  return null;
}

export interface Cluster {
  /** The same when an episode is explained again. */
  readonly id: string | null;
  readonly name: string | null;
  readonly terms: readonly string[];
  readonly examples: readonly string[];
  readonly share: number;
  readonly shareBefore: number;
  readonly lift: number | null;
  readonly size: number | null;
}

/** Groups of texts: `clusters`, or `vanished` topics, whose middle text is their example. */
export function readClusters(clusters: unknown): readonly Cluster[] {
  if (!Array.isArray(clusters)) return [];
  return clusters.filter(isJson).map((cluster) => ({
    id: textAt(cluster, "id"),
    name: textAt(cluster, "name", "title"),
    terms: texts(cluster.terms),
    examples: texts(cluster.examples ?? [cluster.medoid]).filter((text) => text !== ""),
    share: numberAt(cluster, "share") ?? 0,
    shareBefore: numberAt(cluster, "shareBefore") ?? 0,
    lift: numberAt(cluster, "lift"),
    size: numberAt(cluster, "size"),
  }));
}

export interface Distribution {
  readonly count: number | null;
  readonly mean: number | null;
  readonly sd: number | null;
  /** Ascending by probability. */
  readonly quantiles: readonly { readonly p: number; readonly value: number }[];
}

export function readDistribution(value: unknown, levels?: unknown): Distribution | null {
  if (!isJson(value)) return null;
  const found = {
    count: numberAt(value, "count", "n", "events"),
    mean: numberAt(value, "mean"),
    sd: numberAt(value, "sd", "std", "deviation"),
    quantiles: readQuantiles(value.quantiles, levels),
  };
  return found.mean === null && found.quantiles.length === 0 ? null : found;
}

/** Values at the levels, or [{p, value}], [[p, value]], {"0.05": value}. */
function readQuantiles(value: unknown, levels: unknown): Distribution["quantiles"] {
  if (Array.isArray(value) && Array.isArray(levels)) {
    return readQuantiles(
      levels.map((p, i) => [p, value[i]]),
      undefined,
    );
  }
  const pairs: [number, unknown][] = Array.isArray(value)
    ? value.map((one): [number, unknown] =>
        Array.isArray(one)
          ? [Number(one[0]), one[1]]
          : isJson(one)
            ? [Number(one.p ?? one.q), one.value]
            : [Number.NaN, null],
      )
    : isJson(value)
      ? Object.entries(value).map(([p, x]): [number, unknown] => [Number(p.replace(/^[pq]/, "")), x])
      : [];
  return pairs
    .filter(
      (pair): pair is [number, number] =>
        Number.isFinite(pair[0]) && typeof pair[1] === "number" && Number.isFinite(pair[1]),
    )
    .map(([p, x]) => ({ p: p > 1 ? p / 100 : p, value: x }))
    .sort((a, b) => a.p - b.p);
}

function texts(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((one) => (typeof one === "string" ? one : isJson(one) ? textAt(one, "text", "term", "value") : null))
    .filter((one) => one !== null);
}
