/** How much a text's topic follows from the texts before it, and for how long. */
export interface Dependence {
  /** Share of texts whose topic repeats a recent one beyond chance (ρ); 0 for independent texts. */
  readonly stickiness: number;
  /** Events after which a topic's pull has halved; 0 without stickiness. */
  readonly halfLife: number;
}

const STICKINESS = [0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;
const HALF_LIVES = [3, 10, 30, 100, 300] as const;
/** Log-likelihood that stickiness must gain to be believed. */
const PENALTY = 2;

/** Maximum likelihood of P(c_t) = (1−ρ)·(n_c−1+α)/(N−1+Kα) + ρ·recent share of c, over clusters in stream order. */
export function measureDependence(clusters: ArrayLike<number>, count: number, alpha: number): Dependence {
  const base = new Float64Array(count);
  for (let t = 0; t < clusters.length; t++) base[clusters[t]!] = base[clusters[t]!]! + 1;
  const total = clusters.length - 1 + count * alpha;
  for (let c = 0; c < count; c++) base[c] = (Math.max(0, base[c]! - 1) + alpha) / total;
  let best = { stickiness: 0, halfLife: 0, gain: PENALTY };
  for (const halfLife of HALF_LIVES) {
    const gains = gainsOf(clusters, count, base, halfLife);
    STICKINESS.forEach((stickiness, i) => {
      if (gains[i]! > best.gain) best = { stickiness, halfLife, gain: gains[i]! };
    });
  }
  return { stickiness: best.stickiness, halfLife: best.halfLife };
}

function gainsOf(clusters: ArrayLike<number>, count: number, base: Float64Array, halfLife: number): Float64Array {
  const recent = new Float64Array(count);
  const decay = 0.5 ** (1 / halfLife);
  const gains = new Float64Array(STICKINESS.length);
  let mass = 0;
  for (let t = 0; t < clusters.length; t++) {
    const c = clusters[t]!;
    if (t > 0) {
      const ratio = recent[c]! / mass / base[c]!;
      for (let i = 0; i < gains.length; i++) {
        gains[i] = gains[i]! + Math.log1p(STICKINESS[i]! * (ratio - 1));
      }
    }
    for (let k = 0; k < count; k++) recent[k] = recent[k]! * decay;
    recent[c] = recent[c]! + 1;
    mass = mass * decay + 1;
  }
  return gains;
}

const DAY = 86_400_000;
/** The last event of a day is not at its end. */
const NEARLY = 0.97;

/** What the reference cannot have seen: cycles longer than itself. */
export function coverageWarning(times: readonly (number | null)[]): string | null {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const time of times) {
    if (time === null) continue;
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  if (!(last > first)) return null;
  if (last - first < NEARLY * DAY) {
    return "The reference covers less than a day: hours that it has not seen may raise false alarms.";
  }
  if (last - first < NEARLY * 7 * DAY) {
    return "The reference covers less than a week: days that it has not seen may raise false alarms.";
  }
  return null;
}
