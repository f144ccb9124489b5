import { actsOn, KEPT, type Lag, type Track } from "./track.ts";

/** What the conversation stage knows of its fleet, in one scale (raw divergence, or its logarithm). */
export interface Dynamics {
  readonly log: boolean;
  /** Fleet level, and its deviation by turn number (the last entry for all later ones; sums to about 0). */
  readonly level: number;
  readonly curve: Float64Array;
  /** Contraction, within [0, .98] for tests. */
  readonly phi: number;
  /** Of innovations, robust. */
  readonly sigma: number;
  /** Spread of conversations' own levels. */
  readonly tau: number;
  /** Turns at the beginning that are no part of the stationary law. */
  readonly transient: number;
  readonly lag: Lag;
}

export const LOG_SHIFT = 0.001;

export function scaled(value: number, log: boolean): number {
  return log ? Math.log(Math.max(0, value) + LOG_SHIFT) : value;
}

export function unscaled(value: number, log: boolean): number {
  return log ? Math.exp(value) - LOG_SHIFT : value;
}

export function curveAt(curve: Float64Array, turn: number): number {
  return curve[Math.min(turn, curve.length - 1)]!;
}

/**
 * One conversation as a regression with unit noise: w = a·m + ε, m its own level. y = value − fleet level − curve;
 * w_1 = y_1·√(1−φ²)/σ, then w_t = (y_t − φ^h·y_{t−h})/s_h, s_h = σ·√((1−φ^{2h})/(1−φ²)). Turns on which an intervention
 * acts carry an unknown push: w = a = 0 there.
 */
export interface Whitened {
  readonly w: Float64Array;
  readonly a: Float64Array;
  /** 1/s of each turn; 0 where an intervention acts. */
  readonly r: Float64Array;
  /** Deviations y. */
  readonly y: Float64Array;
  /** Turns in it. */
  length: number;
  /** First turn of the track that is in it. */
  from: number;
}

export function createWhitened(): Whitened {
  const make = () => new Float64Array(KEPT);
  return { w: make(), a: make(), r: make(), y: make(), length: 0, from: 0 };
}

/** Writes to `out` the turns [from, to) of a track; `from` leaves the transient out. */
export function whiten(track: Track, d: Dynamics, from: number, to: number, out: Whitened): void {
  const { phi, sigma } = d;
  out.from = from;
  out.length = to - from;
  const variance = 1 - phi * phi;
  for (let i = from; i < to; i++) {
    const k = i - from;
    const y = scaled(track.values[i]!, d.log) - d.level - curveAt(d.curve, track.turns[i]!);
    out.y[k] = y;
    if (actsOn(track, i, d.lag) === "reminder") {
      out.w[k] = 0;
      out.a[k] = 0;
      out.r[k] = 0;
      continue;
    }
    if (k === 0) {
      out.r[0] = Math.sqrt(variance) / sigma;
      out.w[0] = y * out.r[0]!;
      out.a[0] = out.r[0]!;
      continue;
    }
    const gap = track.turns[i]! - track.turns[i - 1]!;
    const carry = gap === 1 ? phi : phi ** gap;
    const r = gap === 1 ? 1 / sigma : Math.sqrt(variance / (1 - carry * carry)) / sigma;
    out.r[k] = r;
    out.w[k] = (y - carry * out.y[k - 1]!) * r;
    out.a[k] = (1 - carry) * r;
  }
}

/** The conversation's own level, shrunk to the fleet's by what is known of it: empirical Bayes. */
export function levelOf(v: Whitened, tau: number, to = v.length): number {
  let aw = 0;
  let aa = 0;
  for (let k = 0; k < to; k++) {
    aw += v.a[k]! * v.w[k]!;
    aa += v.a[k]! * v.a[k]!;
  }
  return tau > 0 ? aw / (aa + 1 / (tau * tau)) : 0;
}
