import { createLists, divergenceOfLists, found } from "./lists.ts";

/** Divergence of a turn from the top-k log-probabilities of both models on the same prefix: KL_k of lists.ts, position by position. */

/** A token by its text (the same bytes, the same text) or by its id, and its natural log-probability. */
export type Scored = readonly [token: string | number, logProbability: number];

export interface Position {
  readonly test: readonly Scored[];
  readonly reference: readonly Scored[];
}

export interface TokenShare {
  readonly token: string;
  /** Nats that it adds to its position. */
  readonly nats: number;
}

/** What a turn's positions come to. */
export interface PositionsDivergence {
  /** Only what this code made of positions has it: no event can bring one. */
  readonly [MADE]: true;
  /** Mean over positions, nats. */
  readonly mean: number;
  readonly max: number;
  /** 90 % quantile over positions. */
  readonly high: number;
  /** Jensen–Shannon from the same buckets, at most ln 2. */
  readonly js: number;
  /** Mean q_K: how much of the test model's mass both lists see. */
  readonly coverage: number;
  /** Share of positions whose lists have no token in common. */
  readonly disjoint: number;
  /** Some lists are so long that nothing in common means another tokenizer. */
  readonly telling: boolean;
  /** Those that add most, at most three, strongest first. */
  readonly tokens: readonly TokenShare[];
}

const MADE: unique symbol = Symbol("positions");
const MOST_TOKENS = 3;
const TELLING_LIST = 5;

export function isDivergence(value: unknown): value is PositionsDivergence {
  return typeof value === "object" && value !== null && MADE in value;
}

/** Positions of one turn so far. */
export interface Tally {
  values: Float64Array;
  positions: number;
  sum: number;
  max: number;
  js: number;
  coverage: number;
  disjoint: number;
  telling: boolean;
  readonly tokens: TokenShare[];
}

let values = new Float64Array(1024);

/** One turn at a time. */
export function startTally(): Tally {
  const none = { positions: 0, sum: 0, max: 0, js: 0, coverage: 0, disjoint: 0, telling: false };
  return { values, ...none, tokens: [] };
}

/** Takes the position that `lists` holds now; `nameOf` a token of its test list. */
export function tallyPosition(tally: Tally, lists: Parameters<typeof divergenceOfLists>[0], nameOf: NameOf): void {
  const kl = divergenceOfLists(lists);
  if (tally.positions === tally.values.length) {
    values = new Float64Array(2 * values.length);
    values.set(tally.values);
    tally.values = values;
  }
  tally.values[tally.positions++] = kl;
  tally.sum += kl;
  if (kl > tally.max) tally.max = kl;
  tally.js += found.js;
  tally.coverage += found.coverage;
  if (found.common === 0) tally.disjoint++;
  if (lists.tests >= TELLING_LIST && lists.references >= TELLING_LIST) tally.telling = true;
  const { tokens } = tally;
  if (!(found.nats > (tokens[MOST_TOKENS - 1]?.nats ?? 0))) return;
  let at = tokens.length;
  while (at > 0 && tokens[at - 1]!.nats < found.nats) at--;
  tokens.splice(at, 0, { token: nameOf(found.strongest), nats: found.nats });
  if (tokens.length > MOST_TOKENS) tokens.length = MOST_TOKENS;
}

type NameOf = (i: number) => string;

/** At least one position. */
export function endTally({ values, positions: n, ...tally }: Tally): PositionsDivergence {
  const kept = values.subarray(0, n).sort();
  return {
    [MADE]: true,
    mean: tally.sum / n,
    max: tally.max,
    high: kept[Math.min(n - 1, Math.floor(0.9 * (n - 1) + 0.5))]!,
    js: tally.js / n,
    coverage: tally.coverage / n,
    disjoint: tally.disjoint / n,
    telling: tally.telling,
    tokens: tally.tokens.map(({ token, nats }) => ({ token: token.slice(0, 32), nats: Math.fround(nats) })),
  };
}

const lists = createLists();

/** At least one position. */
export function divergenceOfPositions(positions: readonly Position[]): PositionsDivergence {
  const tally = startTally();
  let test: readonly Scored[] = [];
  const nameOf = (i: number): string => String(test[i]![0]);
  for (const position of positions) {
    match(position);
    test = position.test;
    tallyPosition(tally, lists, nameOf);
  }
  return endTally(tally);
}

/** KL_k of one position in nats, 0 or more; invariant to the order of the lists, 0 for equal ones. */
export function positionDivergence(position: Position): number {
  match(position);
  return divergenceOfLists(lists);
}

const against: (string | number)[] = [];

function match({ test, reference }: Position): void {
  const n = reference.length;
  lists.tests = test.length;
  lists.references = n;
  for (let j = 0; j < n; j++) {
    const scored = reference[j]!;
    against[j] = scored[0];
    lists.reference[j] = scored[1];
  }
  for (let i = 0; i < test.length; i++) {
    const scored = test[i]!;
    const token = scored[0];
    lists.test[i] = scored[1];
    // Lists of like models have most tokens at the same place.
    let j = i < n && against[i] === token ? i : 0;
    while (j < n && against[j] !== token) j++;
    lists.partner[i] = j === n ? -1 : j;
  }
}
