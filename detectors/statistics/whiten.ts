import { CORE_FLOATS } from "./calibrated.ts";
import { type Cells, createCells } from "./cells.ts";
import { dither, gapOf } from "./dither.ts";
import { type Hidden, hiddenIn } from "./hidden.ts";
import { pack, sumOfSquare } from "./least-squares.ts";
import {
  logSlope,
  NORMALIZER_FLOATS,
  normalize,
  standardize,
  valueOfScore,
  writeLinear,
  writeNormalizer,
} from "./normalize.ts";
import type { Random } from "./random.ts";
import { binAt, type Ring, rememberBin } from "./recent.ts";
import { columnsOf, type Form, fitRegression, follow, LEVELS, levelsFrom, type Regression } from "./regression.ts";
import { type Scale, scaleOf } from "./scale.ts";
import { fitSpread } from "./seasonal-spread.ts";
import { writeSeasons } from "./seasons.ts";
import { temperOf } from "./temper.ts";
import { level, unrest, VOLATILITY_FLOATS, writeVolatility } from "./volatility.ts";

/**
 * Makes values that depend on those before into residuals that could come in any order: to normal scores, less what seasons
 * and an autoregression tell, over how large residuals are now. What is not known exactly of the model tempers the bets by V.
 */
export interface Whitener extends Form {
  readonly cells: Cells;
  /** Of the values themselves. */
  readonly place: Scale;
  /** Few-valued data is spread evenly over this width. */
  readonly gap: number;
  /** Learns on: short or very persistent references are not enough. */
  readonly online: boolean;
  /** The spread has a season too. */
  readonly spread: boolean;
  /** Event time that the reference took in ms; 0: it is not known. */
  readonly span: number;
  /** Rows that the weights were learnt from. */
  rows: number;
  sinceTemper: number;
}

export interface Teaching {
  readonly values: Float64Array;
  /** Epoch ms of each value, where seasons are declared. */
  readonly times: Float64Array | null;
  readonly seasons: readonly number[];
  readonly levels: boolean;
  /** Event time from the first to the last value in ms; 0: not known. */
  readonly span: number;
}

export interface Learnt {
  readonly whitener: Whitener;
  /** What the reference is after whitening. */
  readonly residuals: Float64Array;
  readonly hidden: Hidden;
}

/** Scores of the newest events, as bytes. */
export const SEEN: Ring = Object.freeze({ at: 128, length: 128 });
const RING_BYTES = SEEN.at + SEEN.length;

interface Scored {
  readonly knots: Float32Array;
  readonly y: Float64Array;
  readonly fit: Regression;
}

/** Of the values, if what the regression leaves were normal. */
function likelihood({ knots, fit }: Scored, values: Float64Array, place: Scale): number {
  let slopes = 0;
  for (const x of values) slopes += logSlope(knots, 0, x, place);
  return slopes - (values.length / 2) * Math.log(Math.max(1e-18, fit.variance));
}

const NORMALIZER = CORE_FLOATS;
const VOLATILITY = NORMALIZER + NORMALIZER_FLOATS;
const VARIANCE = VOLATILITY + VOLATILITY_FLOATS;
const TEMPER = VARIANCE + 1;
/** Levels, the season of the spread, weights, lags, (FᵀF)⁻¹ as its lower triangle. */
const REST = TEMPER + 1;

/** Waves of the spread's season. */
const SPREAD_WAVES = 2;
const MEMORY = 20_000;
export const LONG = 1500;
const PERSISTENT = 0.93;

/** Null where there is nothing to whiten: all values are one. */
export function learnWhitener(teaching: Teaching, random: Random): Learnt | null {
  const { values: reference, times, levels } = teaching;
  const gap = gapOf(reference);
  const values = gap > 0 ? reference.map((x) => dither(x, gap, random)) : reference;
  const sorted = values.slice().sort();
  const place = scaleOf(sorted);
  if (place.spread === 0) return null;
  const seasons = teaching.seasons.filter((period) => teaching.span >= COVERED * period);
  const scored = (write: (v: Float32Array) => void): Scored | null => {
    const knots = new Float32Array(NORMALIZER_FLOATS);
    write(knots);
    const raw = values.map((x) => normalize(knots, 0, x, place, random));
    const scores = scaleOf(raw.slice().sort());
    if (scores.spread === 0) return null;
    standardize(knots, 0, scores);
    const y = raw.map((g) => (g - scores.median) / scores.spread);
    return { knots, y, fit: fitRegression(y, times, seasons, levels) };
  };
  const byRank = scored((v) => writeNormalizer(v, 0, sorted, place));
  if (byRank === null) return null;
  // Where a season is most of the spread, scores by rank would bend the noise on it: then values are left as they are.
  const straight = seasons.length > 0 ? scored((v) => writeLinear(v, 0)) : null;
  const better = straight !== null && likelihood(straight, values, place) > likelihood(byRank, values, place);
  const { knots, y, fit } = better ? straight : byRank;
  const d = columnsOf(fit);
  const first = y.length - fit.rows;
  const inflate = Math.sqrt((fit.rows + d) / (fit.rows - d));
  const raw = fit.residuals.map((e) => e * inflate);
  const gamma = times && seasons.length > 0 ? fitSpread(raw, times.subarray(first), seasons, SPREAD_WAVES) : null;
  const even = gamma ? raw.map((e, i) => e * lull(gamma, 0, times![first + i]!, seasons)) : raw;
  const mu = Math.max(1e-9, even.reduce((sum, e) => sum + Math.abs(e), 0) / even.length);
  const online = reference.length < LONG || sumOfWeights(fit.theta, levelsFrom(fit)) > PERSISTENT;
  const shape = { ...fit, online, spread: gamma !== null };
  const cells = createCells(RING_BYTES, floatsOf(shape));
  const { floats } = cells;
  floats.set(knots, NORMALIZER);
  writeVolatility(floats, VOLATILITY, mu);
  floats[VARIANCE] = Math.max(1e-18, fit.variance);
  if (levels) floats.set(fit.after, REST);
  if (gamma) floats.set(gamma, spreadAt(shape));
  floats.set(fit.theta, thetaAt(shape));
  for (let i = 0; i < fit.order; i++) floats[lagsAt(shape) + i] = y[y.length - 1 - i]!;
  const residuals = even.map((e) => level(floats, VOLATILITY, e, false));
  const whitener: Whitener = {
    order: fit.order,
    seasons: fit.seasons.length === 0 ? NO_SEASONS : fit.seasons,
    harmonics: fit.harmonics,
    levels: fit.levels,
    cells,
    place,
    gap,
    online,
    spread: gamma !== null,
    span: teaching.span,
    rows: fit.rows,
    sinceTemper: 0,
  };
  const packed = pack(fit.inverse, d);
  floats[TEMPER] = temperOf(
    sumOfWeights(fit.theta, levelsFrom(fit)),
    fit.variance * sumOfSquare(packed, 0, d, levelsFrom(fit)),
    fit.rows,
    unrest(floats, VOLATILITY),
  );
  if (online) floats.set(packed, inverseAt(whitener));
  return { whitener, residuals, hidden: hiddenIn(y, even) };
}

export const NO_SEASONS: readonly number[] = Object.freeze([]);

/** Seasons are learnt from a reference that covers them this many times. */
const COVERED = 1;

type Shape = Form & Pick<Whitener, "online" | "spread">;

export function floatsOf(shape: Shape): number {
  const d = columnsOf(shape);
  return inverseAt(shape) + (shape.online ? (d * (d + 1)) / 2 : 0);
}

export function whitenerCells(shape: Shape): Cells {
  return createCells(RING_BYTES, floatsOf(shape));
}

const spreadAt = ({ levels }: Pick<Shape, "levels">): number => REST + (levels ? LEVELS.length : 0);
const thetaAt = (s: Pick<Shape, "levels" | "spread" | "seasons">): number =>
  spreadAt(s) + (s.spread ? 2 * SPREAD_WAVES * s.seasons.length : 0);
const lagsAt = (s: Form & Pick<Shape, "spread">): number => thetaAt(s) + columnsOf(s);
const inverseAt = (s: Form & Pick<Shape, "spread">): number => lagsAt(s) + s.order;

const f = new Float64Array(64);
const gain = new Float64Array(64);
const waves = new Float64Array(16);

/** The residual of event `index` at `time` (epoch ms, where seasons are declared). Frozen: nothing is learnt, the lags and sizes go on. */
export function whiten(w: Whitener, x: number, index: number, time: number, random: Random, frozen: boolean): number {
  const { floats } = w.cells;
  const value = w.gap > 0 ? dither(x, w.gap, random) : x;
  const y = normalize(floats, NORMALIZER, value, w.place, random);
  if (!frozen) rememberBin(w.cells.words, SEEN, index, scoreBin(y));
  const levels = w.levels ? LEVELS.length : 0;
  const season = 2 * w.harmonics * w.seasons.length;
  const theta = REST + levels + (w.spread ? 2 * SPREAD_WAVES * w.seasons.length : 0);
  const d = 1 + season + levels + w.order;
  const lags = theta + d;
  f[0] = 1;
  if (season > 0) writeSeasons(f, 1, time, w.seasons, w.harmonics);
  for (let i = 0; i < levels; i++) f[1 + season + i] = floats[REST + i]!;
  const before = d - w.order;
  for (let i = 0; i < w.order; i++) f[before + i] = floats[lags + i]!;
  let e = y;
  for (let i = 0; i < d; i++) e -= floats[theta + i]! * f[i]!;
  if (w.online && !frozen) learnOn(w, floats, theta, lags + w.order, d, e);
  if (levels > 0) follow(floats, y, REST);
  for (let i = w.order - 1; i > 0; i--) floats[lags + i] = floats[lags + i - 1]!;
  floats[lags] = y;
  if (w.spread) e *= lull(floats, spreadAt(w), time, w.seasons);
  return level(floats, VOLATILITY, e, frozen);
}

/** One over the spread's season. */
function lull(v: Float32Array | Float64Array, at: number, time: number, seasons: readonly number[]): number {
  writeSeasons(waves, 0, time, seasons, SPREAD_WAVES);
  let log = 0;
  for (let i = 0; i < 2 * SPREAD_WAVES * seasons.length; i++) log += v[at + i]! * waves[i]!;
  return Math.exp(-Math.max(-3, Math.min(3, log)));
}

/** Recursive least squares. */
function learnOn(w: Whitener, v: Float32Array, theta: number, inverse: number, d: number, e: number): void {
  const forget = w.rows >= MEMORY ? 1 - 1 / MEMORY : 1;
  let scale = forget;
  for (let i = 0; i < d; i++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += v[inverse + (i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i)]! * f[j]!;
    gain[i] = sum;
    scale += sum * f[i]!;
  }
  // Rounded away: there is nothing left to learn in this direction.
  if (!(scale > 0.5 * forget)) return;
  const most = 4 * Math.sqrt(v[VARIANCE]!);
  const by = Math.min(most, Math.max(-most, e)) / scale;
  for (let i = 0; i < d; i++) v[theta + i] = v[theta + i]! + gain[i]! * by;
  for (let i = 0, at = inverse; i < d; i++) {
    for (let j = 0; j <= i; j++, at++) v[at] = (v[at]! - (gain[i]! * gain[j]!) / scale) / forget;
  }
  if (w.rows < MEMORY) w.rows++;
  if (++w.sinceTemper < 16) return;
  w.sinceTemper = 0;
  let sum = 0;
  for (let i = levelsFrom(w); i < d; i++) sum += v[theta + i]!;
  const variance = v[VARIANCE]! * sumOfSquare(v, inverse, d, levelsFrom(w));
  v[TEMPER] = temperOf(sum, variance, w.rows, unrest(v, VOLATILITY));
}

/** V: bets are taken to the power 1/V. */
export function temper({ cells }: Whitener): number {
  return cells.floats[TEMPER]!;
}

/** The sum of the weights of levels and lags: 1 is a unit root. */
export function persistence(w: Whitener): number {
  const at = thetaAt(w);
  return sumOfWeights(w.cells.floats.subarray(at, at + columnsOf(w)), levelsFrom(w));
}

export function varianceOf({ cells }: Whitener): number {
  return cells.floats[VARIANCE]!;
}

export { NORMALIZER, VOLATILITY };

/** The value of a recent event, by its score. */
export function valueSeen(w: Whitener, index: number): number {
  return valueOfScore(w.cells.floats, NORMALIZER, (binAt(w.cells.words, SEEN, index) - 128) / 16, w.place);
}

function scoreBin(y: number): number {
  return Math.max(0, Math.min(255, Math.round(128 + 16 * y)));
}

function sumOfWeights(theta: Float64Array | Float32Array, from: number): number {
  let sum = 0;
  for (let i = from; i < theta.length; i++) sum += theta[i]!;
  return sum;
}
