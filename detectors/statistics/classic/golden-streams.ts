/** The six streams on which the classic detectors are compared with river's: exact in float64, one generator each. */
export const GOLDEN_STREAMS = ["mean_shift", "var_shift", "gradual", "unif_shift", "bern", "bern_grad"] as const;
export type GoldenStream = (typeof GOLDEN_STREAMS)[number];

const LENGTH = 10_000;
const CHANGE = 5000;
const CHANGED = 7000;

export function goldenStream(name: GoldenStream, seed: number): Float64Array {
  let state = seed >>> 0;
  const u = (): number => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0;
    return state / 4294967296;
  };
  const g = (): number => {
    let sum = 0;
    for (let i = 0; i < 12; i++) sum += u();
    return sum - 6;
  };
  return Float64Array.from({ length: LENGTH }, (_, i) => valueAt(name, i, u, g));
}

function valueAt(name: GoldenStream, i: number, u: () => number, g: () => number): number {
  const after = i >= CHANGE;
  const done = i >= CHANGED;
  switch (name) {
    case "mean_shift":
      return g() + (after ? 1 : 0);
    case "var_shift":
      return g() * (after ? 3 : 1);
    case "gradual":
      return g() + (!after ? 0 : done ? 1 : (i - CHANGE) / 2000);
    case "unif_shift":
      return 0.8 * u() + (after ? 0.2 : 0);
    case "bern":
      return u() < (after ? 0.5 : 0.2) ? 1 : 0;
    case "bern_grad":
      return u() < (!after ? 0.2 : done ? 0.5 : 0.2 + ((0.5 - 0.2) * (i - CHANGE)) / 2000) ? 1 : 0;
  }
}
