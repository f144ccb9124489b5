import { gramOf, solve } from "./least-squares.ts";
import { HARMONICS, seasonColumns, writeSeasons } from "./seasons.ts";

/** How a value hangs on the season, on slow levels and on the values before it: columns 1, seasons, levels, lags. */
export interface Form {
  /** Values before that count. */
  readonly order: number;
  /** Periods of the seasons in ms, with so many waves each. */
  readonly seasons: readonly number[];
  readonly harmonics: number;
  /** Two moving averages of the values as well, for streams that dwell on levels. */
  readonly levels: boolean;
}

export interface Regression extends Form {
  readonly theta: Float64Array;
  /** (FᵀF)⁻¹, row-major. */
  readonly inverse: Float64Array;
  /** Rows of the fit. */
  readonly rows: number;
  /** Residual variance. */
  readonly variance: number;
  readonly residuals: Float64Array;
  /** The levels after the last row. */
  readonly after: readonly number[];
}

export const MOST_LAGS = 5;
/** What a lag must better the fit by (AIC). */
const LAG_PRICE = 2;
/** Memories of the two levels. */
export const LEVELS = [0.9, 0.98] as const;

export function columnsOf({ order, seasons, harmonics, levels }: Form): number {
  return lagsFrom({ seasons, harmonics, levels }) + order;
}

/** Columns before the levels and lags. */
export function levelsFrom({ seasons, harmonics }: Pick<Form, "seasons" | "harmonics">): number {
  return 1 + seasonColumns(seasons.length, harmonics);
}

function lagsFrom(form: Pick<Form, "seasons" | "harmonics" | "levels">): number {
  return levelsFrom(form) + (form.levels ? LEVELS.length : 0);
}

/**
 * Least squares. A season has the 2 to 8 waves that BIC asks for. One lag, or all five where AIC asks for more than one: what hides
 * behind noise fades slower than any number of lags, and one too many does little harm, one too few leaves it in the residuals.
 * Never none: dependence is to be expected.
 */
export function fitRegression(
  y: Float64Array,
  times: Float64Array | null,
  seasons: readonly number[],
  levels: boolean,
): Regression {
  const most = waves(y.length, times, seasons);
  const wide: Form = { order: MOST_LAGS, seasons, harmonics: most, levels };
  const slow = new Float64Array(2).fill(y[0]!);
  let told = -1;
  const write = (t: number, f: Float64Array): void => {
    f[0] = 1;
    if (times) writeSeasons(f, 1, times[t]!, seasons, most);
    let at = levelsFrom(wide);
    if (levels) {
      for (; told < t - 1; told++) follow(slow, y[told + 1]!);
      f[at++] = slow[0]!;
      f[at++] = slow[1]!;
    }
    for (let i = 1; i <= MOST_LAGS; i++) f[at++] = y[t - i]!;
  };
  const gram = gramOf(y, columnsOf(wide), MOST_LAGS, write);
  const { rows } = gram;
  let best: { form: Form; chosen: number[]; fit: NonNullable<ReturnType<typeof solve>>; criterion: number } | null =
    null;
  for (const harmonics of seasons.length > 0 ? HARMONICS : [0]) {
    if (harmonics > most) break;
    for (let order = 1; order <= MOST_LAGS; order++) {
      const form: Form = { ...wide, harmonics, order };
      const chosen = choose(form, wide);
      const fit = solve(gram, chosen);
      if (fit === null) continue;
      const price = (chosen.length - order) * Math.log(rows) + order * LAG_PRICE;
      const criterion = rows * Math.log(Math.max(1e-300, fit.squares / rows)) + price;
      if (best === null || criterion < best.criterion) best = { form, chosen, fit, criterion };
    }
  }
  if (best !== null && best.form.order > 1) {
    const form = { ...best.form, order: MOST_LAGS };
    const chosen = choose(form, wide);
    const fit = solve(gram, chosen);
    if (fit !== null) best = { ...best, form, chosen, fit };
  }
  if (best === null) {
    const none: Form = { order: 1, seasons: [], harmonics: 0, levels: false };
    const theta = new Float64Array(2);
    const residuals = y.slice(MOST_LAGS);
    return { ...none, theta, inverse: new Float64Array(4), rows, variance: 1, residuals, after: [] };
  }
  const { form, chosen, fit } = best;
  const residuals = new Float64Array(rows);
  const f = new Float64Array(gram.columns);
  slow.fill(y[0]!);
  told = -1;
  let squares = 0;
  for (let r = 0; r < rows; r++) {
    write(r + MOST_LAGS, f);
    let e = y[r + MOST_LAGS]!;
    for (let i = 0; i < chosen.length; i++) e -= fit.theta[i]! * f[chosen[i]!]!;
    residuals[r] = e;
    squares += e * e;
  }
  if (levels) for (; told < y.length - 1; told++) follow(slow, y[told + 1]!);
  const variance = squares / (rows - chosen.length);
  return { ...form, theta: fit.theta, inverse: fit.inverse, rows, variance, residuals, after: [...slow] };
}

/** Moves the levels on by a value. */
export function follow(slow: Float64Array | Float32Array, y: number, at = 0): void {
  for (let i = 0; i < LEVELS.length; i++) slow[at + i] = LEVELS[i]! * slow[at + i]! + (1 - LEVELS[i]!) * y;
}

/** Waves that may be asked for: a season needs two events for each, and the reference twenty for each column. */
function waves(n: number, times: Float64Array | null, seasons: readonly number[]): number {
  if (times === null || seasons.length === 0) return 0;
  const step = (times[n - 1]! - times[0]!) / (n - 1);
  const least = Math.min(...seasons) / Math.max(step, 1e-9) / 2;
  const room = (n / 20 - 1 - MOST_LAGS) / (2 * seasons.length);
  let most: number = HARMONICS[0];
  for (const h of HARMONICS) if (h < least && h <= room) most = h;
  return most;
}

/** The columns of a narrower form among those of a wider one. */
function choose(form: Form, wide: Form): number[] {
  const until = levelsFrom(form);
  const from = levelsFrom(wide);
  const rest = columnsOf(form) - until;
  return [...Array.from({ length: until }, (_, i) => i), ...Array.from({ length: rest }, (_, i) => from + i)];
}
