import type { Reader, Writer } from "../statistics/bytes.ts";
import { compact, type Whitener } from "../statistics/whiten.ts";

export function writeWhitener(w: Writer, white: Whitener): void {
  const { normalizer, scores, place, volatility } = white;
  for (const x of [normalizer.reach, normalizer.below, normalizer.above]) w.f64(x);
  for (const x of [scores.median, scores.spread, place.median, place.spread]) w.f64(x);
  for (const x of [white.mean, white.sd, white.gap, white.variance, volatility.mu]) w.f64(x);
  for (const x of [white.rows, white.temper, white.sinceTemper]) w.f64(x);
  w.u8(white.online ? 1 : 0);
  for (const a of [normalizer.knots, white.theta, white.inverse, white.lags, volatility.cells]) w.array(a);
  w.array(white.seen);
}

export function readWhitener(r: Reader): Whitener {
  const ends = { reach: r.f64(), below: r.f64(), above: r.f64() };
  const scores = { median: r.f64(), spread: r.f64() };
  const place = { median: r.f64(), spread: r.f64() };
  const numbers = { mean: r.f64(), sd: r.f64(), gap: r.f64(), variance: r.f64() };
  const mu = r.f64();
  const counts = { rows: r.f64(), temper: r.f64(), sinceTemper: r.f64() };
  const online = r.u8() === 1;
  const normalizer = { ...ends, knots: r.f64s() };
  const arrays = { theta: r.f64s(), inverse: r.f64s(), lags: r.f64s() };
  const volatility = { mu, cells: r.f64s() };
  return compact({ ...numbers, ...counts, ...arrays, normalizer, scores, place, online, volatility, seen: r.bytes() });
}
