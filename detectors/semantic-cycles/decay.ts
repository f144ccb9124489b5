/** Least squares of a·exp(−b·g) + c: b on a fine grid, a and c in closed form. */
export interface Decay {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const RATES = Array.from({ length: 121 }, (_, i) => 0.005 * 1.06 ** i);

/** `values`: by generation g = 0, 1, …, with weights; null with fewer than four, or where nothing decays. */
export function fitDecay(values: readonly number[], weights: readonly number[]): Decay | null {
  if (values.length < 4) return null;
  let best: (Decay & { loss: number }) | null = null;
  for (const b of RATES) {
    const fitted = linear(values, weights, b);
    if (fitted !== null && fitted.a > 0 && (best === null || fitted.loss < best.loss)) best = fitted;
  }
  return best === null ? null : { a: best.a, b: best.b, c: best.c };
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
