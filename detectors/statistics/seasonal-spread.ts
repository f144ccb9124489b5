import { gramOf, solve } from "./least-squares.ts";
import { seasonColumns, writeSeasons } from "./seasons.ts";

/** The season of the logarithm of residuals' sizes, so many waves a period; null where sizes have none worth its numbers (BIC). */
export function fitSpread(
  residuals: Float64Array,
  times: Float64Array,
  seasons: readonly number[],
  waves: number,
): Float64Array | null {
  const n = residuals.length;
  const columns = seasonColumns(seasons.length, waves);
  const floor = 1e-3 * Math.sqrt(residuals.reduce((sum, e) => sum + e * e, 0) / n) + 1e-300;
  const sizes = residuals.map((e) => Math.log(Math.max(Math.abs(e), floor)));
  const mean = sizes.reduce((sum, s) => sum + s, 0) / n;
  const centred = sizes.map((s) => s - mean);
  const gram = gramOf(centred, columns, 0, (t, f) => writeSeasons(f, 0, times[t]!, seasons, waves));
  const all = Array.from({ length: columns }, (_, i) => i);
  const fit = solve(gram, all);
  if (fit === null) return null;
  return n * Math.log(gram.square / Math.max(1e-300, fit.squares)) > columns * Math.log(n) ? fit.theta : null;
}
