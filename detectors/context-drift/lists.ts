import { quickExp, quickLog } from "../statistics/quick-logarithms.ts";

/**
 * The arithmetic of one position, on two lists of log-probabilities whose tokens have been matched.
 *   K      tokens in both lists; q test, p reference
 *   KL_k   Σ_K q ln(q/p) + (1−q_K)·ln((1−q_K)/(1−p_K)), a lower bound of the whole
 * A token of the test list that the reference's lacks has p ≤ its least p: it stands alone where that raises the bound.
 */

/** Tokens that a list may have. */
export const LONGEST_LIST = 1024;
const FLOOR = 1e-9;

/** Two lists: written by whoever reads a position, one at a time. */
export interface Lists {
  readonly test: Float64Array;
  readonly reference: Float64Array;
  /** Place in the reference's list of each token of the test list; −1: it is not there. */
  readonly partner: Int32Array;
  tests: number;
  references: number;
}

export function createLists(): Lists {
  const make = () => new Float64Array(LONGEST_LIST);
  return { test: make(), reference: make(), partner: new Int32Array(LONGEST_LIST), tests: 0, references: 0 };
}

/** What is told of a position beside its divergence. */
export const found = {
  /** Jensen–Shannon divergence from the same buckets. */
  js: 0,
  /** q_K. */
  coverage: 0,
  /** Tokens in both lists. */
  common: 0,
  /** Place in the test list of the token that adds most, and nats that it adds; 0: none does. */
  strongest: 0,
  nats: 0,
};

const alone = new Int32Array(256);
const chances = new Float64Array(256);

/** KL_k of one position in nats, 0 or more; the rest is in `found`. */
export function divergenceOfLists({ test, reference, partner, tests, references }: Lists): number {
  let qK = 0;
  let pK = 0;
  let kl = 0;
  let js = 0;
  let common = 0;
  let lone = 0;
  let strongest = 0;
  let most = 0;
  for (let i = 0; i < tests; i++) {
    const lq = Math.min(0, test[i]!);
    const q = quickExp(lq);
    const j = partner[i]!;
    if (j < 0) {
      if (lone < alone.length) {
        chances[lone] = q;
        alone[lone++] = i;
      }
      continue;
    }
    const lp = Math.min(0, reference[j]!);
    const p = quickExp(lp);
    common++;
    qK += q;
    pK += p;
    const nats = q * (lq - lp);
    kl += nats;
    // As half(q, p), whose logarithms are known here.
    js += 0.5 * (q * lq + p * lp - (q + p) * quickLog((q + p) / 2));
    if (nats > most) {
      most = nats;
      strongest = i;
    }
  }
  let restQ = Math.max(FLOOR, 1 - qK);
  let restP = Math.max(FLOOR, 1 - pK);
  found.coverage = Math.min(1, qK);
  if (lone > 0 && tests <= references) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < references; j++) if (reference[j]! < least) least = reference[j]!;
    const p = quickExp(Math.min(0, least));
    for (let round = 0; round < lone; round++) {
      let at = 0;
      for (let i = 1; i < lone; i++) if (chances[i]! > chances[at]!) at = i;
      const q = chances[at]!;
      if (!(q > 0) || p * restQ >= q * restP || restQ - q < FLOOR || restP - p < FLOOR) break;
      const nats = q * Math.log(q / p);
      kl += nats;
      js += half(q, p);
      restQ -= q;
      restP -= p;
      if (nats > most) {
        most = nats;
        strongest = alone[at]!;
      }
      chances[at] = 0;
    }
  }
  kl += restQ * Math.log(restQ / restP);
  js += half(restQ, restP);
  found.js = Math.min(Math.LN2, Math.max(0, js));
  found.common = common;
  found.strongest = strongest;
  found.nats = most;
  return Math.max(0, kl);
}

/** One bucket's part of Jensen–Shannon. */
function half(q: number, p: number): number {
  const m = (q + p) / 2;
  return 0.5 * ((q > 0 ? q * Math.log(q / m) : 0) + (p > 0 ? p * Math.log(p / m) : 0));
}
