/** Waves that a declared season may have: the fewest, and how many more the reference may ask for. */
export const HARMONICS = [2, 3, 4, 6, 8] as const;

/** Columns of so many harmonics: a cosine and a sine each. */
export function seasonColumns(seasons: number, harmonics: number): number {
  return 2 * seasons * harmonics;
}

/**
 * cos and sin of 2πh·phase, h = 1 … harmonics, of each period, from place `at` of f on; harmonic by harmonic, so that fewer
 * harmonics are a prefix. Periods in ms; time in epoch ms: a season begins at UTC's midnight, not at a daylight saving one.
 */
export function writeSeasons(
  f: Float64Array,
  at: number,
  time: number,
  periods: readonly number[],
  harmonics: number,
): void {
  const n = periods.length;
  for (let s = 0; s < n; s++) {
    const phase = 2 * Math.PI * ((time / periods[s]!) % 1);
    const c = Math.cos(phase);
    const d = Math.sin(phase);
    let cos = c;
    let sin = d;
    for (let h = 0; h < harmonics; h++) {
      const to = at + 2 * (h * n + s);
      f[to] = cos;
      f[to + 1] = sin;
      const next = cos * c - sin * d;
      sin = sin * c + cos * d;
      cos = next;
    }
  }
}
