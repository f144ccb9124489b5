/**
 * Divergence of a turn from the top-k log-probabilities of both models on the same prefix.
 *   K      tokens in both lists; q test, p reference
 *   KL_k   Σ_K q ln(q/p) + (1−q_K)·ln((1−q_K)/(1−p_K)), a lower bound of the whole
 * A token of the test list that the reference's lacks has p ≤ its least p: it stands alone where that raises the bound.
 */

/** A token by its text (the same bytes, the same text) or by its id, and its natural log-probability. */
export type Scored = readonly [token: string | number, logProbability: number];

export interface Position {
  readonly test: readonly Scored[];
  readonly reference: readonly Scored[];
}

export interface TokenShare {
  readonly token: string;
  /** Nats that it adds to its position. */
  readonly nats: number;
}

export interface PositionsDivergence {
  /** Mean over positions, nats. */
  readonly mean: number;
  readonly max: number;
  /** 90 % quantile over positions. */
  readonly high: number;
  /** Jensen–Shannon from the same buckets, at most ln 2. */
  readonly js: number;
  /** Mean q_K: how much of the test model's mass both lists see. */
  readonly coverage: number;
  /** Share of positions whose lists have no token in common. */
  readonly disjoint: number;
  /** Those that add most, at most `MOST_TOKENS`, strongest first. */
  readonly tokens: readonly TokenShare[];
}

export const MOST_TOKENS = 3;
const FLOOR = 1e-9;

const values = new Float64Array(8192);
const strength = new Float64Array(MOST_TOKENS);

/** At least one position. */
export function divergenceOfPositions(positions: readonly Position[]): PositionsDivergence {
  const n = positions.length;
  const kept = n <= values.length ? values.subarray(0, n) : new Float64Array(n);
  const names: (string | number)[] = [];
  strength.fill(0);
  let sum = 0;
  let js = 0;
  let coverage = 0;
  let disjoint = 0;
  let max = 0;
  for (let i = 0; i < n; i++) {
    const position = positions[i]!;
    const kl = positionDivergence(position);
    kept[i] = kl;
    sum += kl;
    if (kl > max) max = kl;
    js += found.js;
    coverage += found.coverage;
    if (found.common === 0) disjoint++;
    if (found.nats > strength[MOST_TOKENS - 1]!) insert(names, found.token, found.nats);
  }
  kept.sort();
  return {
    mean: sum / n,
    max,
    high: kept[Math.min(n - 1, Math.floor(0.9 * (n - 1) + 0.5))]!,
    js: js / n,
    coverage: coverage / n,
    disjoint: disjoint / n,
    tokens: names.map((token, i) => ({ token: String(token).slice(0, 32), nats: Math.fround(strength[i]!) })),
  };
}

function insert(names: (string | number)[], token: string | number, nats: number): void {
  let at = MOST_TOKENS - 1;
  while (at > 0 && strength[at - 1]! < nats) {
    strength[at] = strength[at - 1]!;
    at--;
  }
  strength[at] = nats;
  names.splice(at, 0, token);
  if (names.length > MOST_TOKENS) names.length = MOST_TOKENS;
}

/** Of the position last looked at. */
const found = { js: 0, coverage: 0, common: 0, token: "" as string | number, nats: 0 };
const lone = new Float64Array(256);
const loneTokens: (string | number)[] = [];
/** Tokens of the reference's list. */
const against: (string | number)[] = [];

/** KL_k of one position in nats, 0 or more; invariant to the order of the lists, 0 for equal ones. */
export function positionDivergence({ test, reference }: Position): number {
  const longest = reference.length;
  let qK = 0;
  let pK = 0;
  let kl = 0;
  let js = 0;
  let common = 0;
  let alone = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let j = 0; j < longest; j++) {
    const scored = reference[j]!;
    against[j] = scored[0];
    if (scored[1] < least) least = scored[1];
  }
  found.nats = 0;
  found.token = "";
  for (let i = 0; i < test.length; i++) {
    const scored = test[i]!;
    const token = scored[0];
    const lq = Math.min(0, scored[1]);
    const q = Math.exp(lq);
    // Lists of like models have most tokens at the same place.
    let j = i < longest && against[i] === token ? i : 0;
    while (j < longest && against[j] !== token) j++;
    if (j === longest) {
      if (alone < lone.length) {
        lone[alone] = q;
        loneTokens[alone++] = token;
      }
      continue;
    }
    const lp = Math.min(0, reference[j]![1]);
    const p = Math.exp(lp);
    common++;
    qK += q;
    pK += p;
    const nats = q * (lq - lp);
    kl += nats;
    // As half(q, p), whose logarithms are known here.
    js += 0.5 * (q * lq + p * lp - (q + p) * Math.log((q + p) / 2));
    if (nats > found.nats) {
      found.nats = nats;
      found.token = token;
    }
  }
  let restQ = Math.max(FLOOR, 1 - qK);
  let restP = Math.max(FLOOR, 1 - pK);
  const coverage = Math.min(1, qK);
  if (alone > 0 && test.length <= longest) {
    const p = Math.exp(Math.min(0, least));
    for (let round = 0; round < alone; round++) {
      let at = 0;
      for (let i = 1; i < alone; i++) if (lone[i]! > lone[at]!) at = i;
      const q = lone[at]!;
      if (!(q > 0) || p * restQ >= q * restP || restQ - q < FLOOR || restP - p < FLOOR) break;
      const nats = q * Math.log(q / p);
      kl += nats;
      js += half(q, p);
      restQ -= q;
      restP -= p;
      if (nats > found.nats) {
        found.nats = nats;
        found.token = loneTokens[at]!;
      }
      lone[at] = 0;
    }
  }
  kl += restQ * Math.log(restQ / restP);
  js += half(restQ, restP);
  found.js = Math.min(Math.LN2, Math.max(0, js));
  found.coverage = coverage;
  found.common = common;
  return Math.max(0, kl);
}

/** One bucket's part of Jensen–Shannon. */
function half(q: number, p: number): number {
  const m = (q + p) / 2;
  return 0.5 * ((q > 0 ? q * Math.log(q / m) : 0) + (p > 0 ? p * Math.log(p / m) : 0));
}
