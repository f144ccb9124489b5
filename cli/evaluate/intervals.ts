/** 95 % confidence intervals for what an evaluation counts. */

export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

const Z = 1.959963984540054;
const TAIL = 0.025;

/** Share `k` of `n` with Wilson's score interval (1927); null: nothing was tried. */
export function wilson(k: number, n: number): Estimate | null {
  if (n === 0) return null;
  const share = k / n;
  const bend = (Z * Z) / n;
  const middle = (share + bend / 2) / (1 + bend);
  const half = (Z * Math.sqrt((share * (1 - share) + bend / 4) / n)) / (1 + bend);
  return { value: share, low: k === 0 ? 0 : middle - half, high: k === n ? 1 : middle + half };
}

/** A Poisson count with Garwood's exact interval (1936) of its mean. */
export function poisson(count: number): Estimate {
  return {
    value: count,
    low: count === 0 ? 0 : solve((mean) => 1 - poissonBelow(count - 1, mean) - TAIL, 0, count),
    high: solve((mean) => TAIL - poissonBelow(count, mean), count, 2 * count + 30),
  };
}

/**
 * The middle of a sample (type 7) with the interval that its order statistics give, whatever the distribution:
 * it covers at least 95 % (beyond a thousand values by the normal approximation). Below six there is none, and the ends are infinite.
 */
export function median(sample: readonly number[]): Estimate | null {
  if (sample.length === 0) return null;
  const sorted = [...sample].sort((a, b) => a - b);
  const n = sorted.length;
  const value = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  // The largest r of which P(Bin(n, ½) < r) ≤ 2.5 %.
  let r = 0;
  let below = 2 ** -n;
  let term = below;
  if (n > 1_000) {
    r = Math.max(0, Math.floor(n / 2 - (Z * Math.sqrt(n)) / 2));
  } else {
    while (below <= TAIL) {
      r++;
      term *= (n - r + 1) / r;
      below += term;
    }
  }
  return r === 0
    ? { value, low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY }
    : { value, low: sorted[r - 1]!, high: sorted[n - r]! };
}

/** P(X ≤ k) of a Poisson variable, from its largest term downwards. */
function poissonBelow(k: number, mean: number): number {
  if (mean === 0) return 1;
  let term = Math.exp(k * Math.log(mean) - mean - logFactorial(k));
  // Beyond the mode the terms below k grow first: their sum is then one minus the upper tail.
  if (k > mean) {
    let above = 0;
    let next = term;
    for (let i = k + 1; next > 0 && i < k + 100_000; i++) {
      next *= mean / i;
      above += next;
      if (next < above * 1e-17) break;
    }
    return 1 - above;
  }
  let sum = 0;
  for (let i = k; i >= 0 && term > sum * 1e-17; i--) {
    sum += term;
    term *= i / mean;
  }
  return sum;
}

/** ln k!, summed while that is short, else by Stirling's series. */
function logFactorial(k: number): number {
  if (k < 100) {
    let sum = 0;
    for (let i = 2; i <= k; i++) sum += Math.log(i);
    return sum;
  }
  return k * Math.log(k) - k + Math.log(2 * Math.PI * k) / 2 + 1 / (12 * k) - 1 / (360 * k ** 3);
}

/** Root of a rising function in [low, high]. */
function solve(f: (x: number) => number, low: number, high: number): number {
  let [a, b] = [low, high];
  for (let i = 0; i < 200 && b - a > 1e-13 * b; i++) {
    const middle = (a + b) / 2;
    if (f(middle) < 0) a = middle;
    else b = middle;
  }
  return (a + b) / 2;
}
