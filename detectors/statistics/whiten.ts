import { fitAutoregression, persistence, residual } from "./autoregression.ts";
import { type Normalizer, normalize, normalizerOf } from "./normalize.ts";
import { type Random, uniform } from "./random.ts";
import { binOf, momentsOf, type Scale, scaleOf } from "./scale.ts";
import { createVolatility, level, type Volatility } from "./volatility.ts";

/**
 * Makes values that depend on those before into residuals that could come in any order: to normal scores, less what an
 * autoregression tells, over how large residuals are now. What is not known exactly of the model tempers the bets by V.
 */
export interface Whitener {
  readonly normalizer: Normalizer;
  /** Of the reference's normal scores. */
  readonly scores: Scale;
  /** Of the values themselves. */
  readonly place: Scale;
  readonly mean: number;
  readonly sd: number;
  /** Few-valued data is spread evenly over this width. */
  readonly gap: number;
  /** Learns on: short or very persistent references are not enough. */
  readonly online: boolean;
  readonly theta: Float64Array;
  /** (FᵀF)⁻¹ while learning on. */
  readonly inverse: Float64Array;
  readonly variance: number;
  /** Newest first. */
  readonly lags: Float64Array;
  readonly volatility: Volatility;
  /** Bins of the newest values. */
  readonly seen: Uint8Array;
  rows: number;
  /** V: bets are taken to the power 1/V. */
  temper: number;
  sinceTemper: number;
}

/** Values that are remembered as bins. */
export const SEEN = 128;
const MEMORY = 20_000;
const LONG = 1500;
const PERSISTENT = 0.93;

/** Null where there is nothing to whiten: all values are one. */
export function learnWhitener(
  reference: Float64Array,
  random: Random,
): { whitener: Whitener; residuals: Float64Array } | null {
  const gap = gapOf(reference);
  const values = gap > 0 ? reference.map((x) => dither(x, gap, random)) : reference;
  const sorted = values.slice().sort();
  const place = scaleOf(sorted);
  if (place.spread === 0) return null;
  const normalizer = normalizerOf(sorted);
  const scored = values.map((x) => normalize(normalizer, x));
  const scores = scaleOf(scored.slice().sort());
  if (scores.spread === 0) return null;
  const y = scored.map((g) => (g - scores.median) / scores.spread);
  const fit = fitAutoregression(y);
  const d = fit.order + 1;
  const first = y.length - fit.rows;
  const inflate = Math.sqrt((fit.rows + d) / (fit.rows - d));
  const raw = Float64Array.from({ length: fit.rows }, (_, i) => residual(fit.theta, y, first + i) * inflate);
  const mu = Math.max(1e-9, raw.reduce((sum, e) => sum + Math.abs(e), 0) / raw.length);
  const volatility = createVolatility(mu);
  const residuals = raw.map((e) => level(volatility, e, false));
  const online = reference.length < LONG || persistence(fit) > PERSISTENT;
  const whitener: Whitener = {
    normalizer,
    scores,
    place,
    ...momentsOf(reference),
    gap,
    online,
    theta: fit.theta,
    inverse: fit.inverse,
    variance: Math.max(1e-18, fit.variance),
    lags: y.slice(-fit.order).reverse(),
    volatility,
    seen: new Uint8Array(SEEN),
    rows: fit.rows,
    temper: 1,
    sinceTemper: 0,
  };
  whitener.temper = temperOf(whitener);
  return { whitener: compact(whitener), residuals };
}

/** Its larger arrays in one buffer, which is what a key costs. What is no longer needed goes. */
export function compact(w: Whitener): Whitener {
  const { knots } = w.normalizer;
  const { cells } = w.volatility;
  const inverse = w.online ? w.inverse : new Float64Array(0);
  const numbers = [knots, cells, inverse];
  const buffer = new ArrayBuffer(numbers.reduce((sum, a) => sum + a.byteLength, SEEN));
  let at = 0;
  const [k, c, i] = numbers.map((from) => {
    const to = new Float64Array(buffer, at, from.length);
    to.set(from);
    at += from.byteLength;
    return to;
  }) as [Float64Array, Float64Array, Float64Array];
  const seen = new Uint8Array(buffer, at, SEEN);
  seen.set(w.seen);
  return {
    ...w,
    normalizer: { ...w.normalizer, knots: k },
    volatility: { ...w.volatility, cells: c },
    inverse: i,
    seen,
  };
}

const f = new Float64Array(8);
const gain = new Float64Array(8);

/** The residual of event `index`. Frozen: nothing is learnt, the lags and sizes go on. */
export function whiten(w: Whitener, x: number, index: number, random: Random, frozen: boolean): number {
  const value = w.gap > 0 ? dither(x, w.gap, random) : x;
  if (!frozen) w.seen[index % SEEN] = binOf(x, w.place.median, w.place.spread);
  const y = (normalize(w.normalizer, value) - w.scores.median) / w.scores.spread;
  const { theta, lags } = w;
  let e = y - theta[0]!;
  for (let i = 0; i < lags.length; i++) e -= theta[i + 1]! * lags[i]!;
  if (w.online && !frozen) learnOn(w, e);
  lags.copyWithin(1, 0);
  lags[0] = y;
  return level(w.volatility, e, frozen);
}

/** Recursive least squares. */
function learnOn(w: Whitener, e: number): void {
  const { theta, inverse, lags } = w;
  const d = theta.length;
  f[0] = 1;
  for (let i = 1; i < d; i++) f[i] = lags[i - 1]!;
  const forget = w.rows >= MEMORY ? 1 - 1 / MEMORY : 1;
  let scale = forget;
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += inverse[i * d + j]! * f[j]!;
    gain[i] = sum;
    scale += sum * f[i]!;
  }
  const most = 4 * Math.sqrt(w.variance);
  const by = Math.min(most, Math.max(-most, e)) / scale;
  for (let i = 0; i < d; i++) theta[i] = theta[i]! + gain[i]! * by;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) inverse[i * d + j] = (inverse[i * d + j]! - (gain[i]! * gain[j]!) / scale) / forget;
  }
  if (w.rows < MEMORY) w.rows++;
  if (++w.sinceTemper < 16) return;
  w.sinceTemper = 0;
  w.temper = temperOf(w);
}

/** The sum of the lags' weights is known to a standard error, and biased; near 1 that matters most. */
function temperOf(w: Whitener): number {
  const { inverse, theta, variance, rows } = w;
  const d = theta.length;
  const a = persistence(w);
  let sum = 0;
  for (let i = 1; i < d; i++) for (let j = 1; j < d; j++) sum += inverse[i * d + j]!;
  const se = Math.sqrt(Math.max(0, variance * sum));
  const bias = (1 + 3 * Math.max(a, 0)) / rows;
  const room = Math.max(1 - a, 0.01);
  return Math.min(100, Math.max(1, (room / Math.max(room - bias - se, 0.1 * room)) ** 2));
}

/** The smallest distance of few-valued data, else 0. */
function gapOf(values: Float64Array): number {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  if (distinct.length >= values.length / 5 || distinct.length < 2) return 0;
  let gap = Number.POSITIVE_INFINITY;
  for (let i = 1; i < distinct.length; i++) gap = Math.min(gap, distinct[i]! - distinct[i - 1]!);
  return gap;
}

function dither(x: number, gap: number, random: Random): number {
  return x + gap * (uniform(random) - 0.5);
}
