/**
 * What the fast model is usually ahead of the slow one by, and how much more that wanders than independent events would: from
 * blocks of events that no alarm followed. Where labels depend on the ones before beyond what the inputs tell, a short memory
 * predicts better although nothing changes, and gains come in waves; both would grow the bets.
 */
export interface Usual {
  /** The block in hand: events, sum, sum of squares. */
  count: number;
  sum: number;
  squares: number;
  /** Closed blocks, means and mean squares in turn, oldest first: not trusted yet, for a change may hide in them. */
  readonly waiting: number[];
  /** Trusted blocks, fading: how many, mean, variance of their means, mean square of the events. */
  blocks: number;
  mean: number;
  variance: number;
  square: number;
}

const BLOCK = 100;
/** Blocks that wait: an alarm comes within so many, or hardly at all. The first ones are trusted at once. */
const WAITING = 5;
const FIRST = 2;
const MEMORY = 100;
/** Blocks before anything is said of them. */
const ENOUGH = 10;
/** Standard errors that the mean is taken higher by. */
const SURE = 2;

export function createUsual(): Usual {
  return { count: 0, sum: 0, squares: 0, waiting: [], blocks: 0, mean: 0, variance: 0, square: 0 };
}

export function observe(usual: Usual, d: number): void {
  usual.sum += d;
  usual.squares += d * d;
  usual.count++;
  if (usual.count < BLOCK) return;
  usual.waiting.push(usual.sum / BLOCK, usual.squares / BLOCK);
  startBlock(usual);
  if (usual.waiting.length > 2 * WAITING || usual.blocks < FIRST) trust(usual);
}

/** An alarm: what was not trusted yet belongs to it. */
export function forgetRecent(usual: Usual): void {
  usual.waiting.length = 0;
  startBlock(usual);
}

/** c_λ: the mean and its error, and half of λ times the variance that dependence adds. */
export function usualGap(usual: Usual, bet: number): number {
  if (usual.blocks < FIRST) return 0;
  const { single, ofMeans, error } = spreadOf(usual);
  return Math.max(0, usual.mean + SURE * error + (bet / 2) * Math.max(0, ofMeans * BLOCK - single));
}

/** Whether the fast model is surely ahead in normal times. */
export function isUsuallyAhead(usual: Usual): boolean {
  return usual.blocks >= ENOUGH && usual.mean > SURE * spreadOf(usual).error;
}

/** Variance of single events and of means of blocks; standard error of the mean of all. */
function spreadOf({ blocks, mean, variance, square }: Usual) {
  const single = Math.max(0, square - mean * mean);
  const ofMeans = (variance * blocks) / (blocks - 1);
  return { single, ofMeans, error: Math.sqrt(Math.max(ofMeans, single / BLOCK) / blocks) };
}

function startBlock(usual: Usual): void {
  usual.count = 0;
  usual.sum = 0;
  usual.squares = 0;
}

function trust(usual: Usual): void {
  const [mean, square] = usual.waiting.splice(0, 2) as [number, number];
  usual.blocks = Math.min(MEMORY, usual.blocks + 1);
  const by = 1 / usual.blocks;
  const off = mean - usual.mean;
  usual.mean += off * by;
  usual.variance = (1 - by) * (usual.variance + off * off * by);
  usual.square += (square - usual.square) * by;
}
