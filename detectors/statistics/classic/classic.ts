/** A classic change detector with its parameters fixed: no reference, no promise, a verdict after every number. */
export interface Classic {
  /** True: takes numbers in [0, 1], 1 = error. */
  readonly binary: boolean;
  create(): ClassicState;
  /** After DRIFT the next call starts anew. */
  update(state: ClassicState, x: number): Verdict;
  /** Statistic over threshold where the method has one that means it, else 0. */
  ratio(state: ClassicState): number;
  /** What it knows now, by name: finite numbers. */
  facts(state: ClassicState): Readonly<Record<string, number>>;
}

/** All of a state is in its cells; a method whose window grows may replace them by longer ones. */
export interface ClassicState {
  cells: Float64Array;
}

export const QUIET = 0;
export const WARNING = 1;
export const DRIFT = 2;
export type Verdict = typeof QUIET | typeof WARNING | typeof DRIFT;
