/**
 * What other alarm lines would have said: a key's excursions above each of a grid of levels. A level is a multiple of the
 * monitor's own line. An excursion begins where the ratio reaches its level and ends once it was quiet for QUIET events:
 * about the rule by which the detectors recover.
 */

/** Eight a decade, from a tenth of the line to a hundred of them. */
export const LEVELS: readonly number[] = Array.from({ length: 25 }, (_, i) =>
  Number((10 ** (i / 8 - 1)).toPrecision(3)),
);
/** The level of the monitor's own line. */
export const OWN = LEVELS.indexOf(1);

const QUIET = 500;

export interface Excursions {
  /** By level: the events at which one began. */
  readonly began: readonly number[][];
  /** By level: the last event that was not quiet while one runs, −1: none runs. */
  readonly loud: Float64Array;
}

export function createExcursions(): Excursions {
  return { began: LEVELS.map(() => []), loud: new Float64Array(LEVELS.length).fill(-1) };
}

/**
 * By level, the ratio below which it is quiet: a tenth of the line. Where the promise is short, evidence passes that by
 * chance all the time: there it is a half, up to evidence of a thousand events.
 */
export function quietLines(promise: number): readonly number[] {
  return LEVELS.map((line) => Math.max(line / 10, Math.min(line / 2, 1000 / promise)));
}

export function extendExcursions(
  { began, loud }: Excursions,
  quiet: readonly number[],
  index: number,
  ratio: number,
): void {
  for (let level = 0; level < LEVELS.length; level++) {
    const runs = loud[level]! >= 0;
    if (runs && ratio >= quiet[level]!) loud[level] = index;
    else if (runs && index - loud[level]! >= QUIET) loud[level] = -1;
    else if (!runs && ratio >= LEVELS[level]!) {
      began[level]!.push(index);
      loud[level] = index;
    }
    // One above a higher line lies within one above each lower: there is none, and none begins.
    else if (!runs && ratio < quiet[level]!) break;
  }
}
