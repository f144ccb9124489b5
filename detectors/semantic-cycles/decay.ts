/** Least squares of a·exp(−b·g) + c: b on a grid and then between its neighbours, a and c in closed form. */
export interface Decay {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const RATES = Array.from({ length: 121 }, (_, i) => 0.005 * 1.06 ** i);
/** Steps of the golden section; each leaves .618 of what is left. */
const STEPS = 40;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** `values`: by generation g = 0, 1, …, with weights; null with fewer than four, or where nothing decays. */
export function fitDecay(values: readonly number[], weights: readonly number[]): Decay | null {
  if (values.length < 4) return null;
  const lossAt = (b: number): number => {
    const fitted = linear(values, weights, b);
    return fitted !== null && fitted.a > 0 ? fitted.loss : Number.POSITIVE_INFINITY;
  };
  const losses = RATES.map(lossAt);
  const at = losses.indexOf(Math.min(...losses));
  if (losses[at] === Number.POSITIVE_INFINITY) return null;
  let low = RATES[Math.max(0, at - 1)]!;
  let high = RATES[Math.min(RATES.length - 1, at + 1)]!;
  for (let step = 0; step < STEPS; step++) {
    const [p, q] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (lossAt(p) <= lossAt(q)) high = q;
    else low = p;
  }
  const middle = (low + high) / 2;
  const { a, b, c } = linear(values, weights, lossAt(middle) <= losses[at]! ? middle : RATES[at]!)!;
  return { a, b, c };
}

function linear(values: readonly number[], weights: readonly number[], b: number): (Decay & { loss: number }) | null {
  let w0 = 0;
  let x1 = 0;
  let xx = 0;
  let y1 = 0;
  let xy = 0;
  values.forEach((y, g) => {
    const w = weights[g]!;
    const x = Math.exp(-b * g);
    w0 += w;
    x1 += w * x;
    xx += w * x * x;
    y1 += w * y;
    xy += w * x * y;
  });
  const wide = w0 * xx - x1 * x1;
  if (!(wide > 1e-12)) return null;
  const a = (w0 * xy - x1 * y1) / wide;
  const c = (y1 - a * x1) / w0;
  let loss = 0;
  values.forEach((y, g) => {
    loss += weights[g]! * (y - a * Math.exp(-b * g) - c) ** 2;
  });
  return { a, b, c, loss };
}
