/**
 * False alarms of short-text's bets on ranks where texts count as normal only after so many others: scores that do not
 * change, each key its own reference. The bets have their weight in the drift statistic; its other bets are left out.
 *   node --import tsx bench/short-text-held-back.ts [--keys 200] [--events 5000]
 */
import { parseArgs } from "node:util";
import { createBet, createLayout, RANK_BETS, rankBets } from "../detectors/short-text/bets.ts";
import { add, below, fenwickOf } from "../detectors/statistics/fenwick.ts";
import { createRandom, uniform } from "../detectors/statistics/random.ts";

const { values: args } = parseArgs({
  options: { keys: { type: "string", default: "200" }, events: { type: "string", default: "5000" } },
});
const KEYS = Number(args.keys);
const EVENTS = Number(args.events);
const PROMISE = 10_000;
const BINS = 1024;
const weights = createLayout(50, false).drift;
const bet = createBet();
const e = new Float64Array(RANK_BETS);

/** Alarms of one key; the sums restart after each. */
function alarmsOf(reference: number, heldBack: number, key: number): number {
  const random = createRandom("held back", reference, heldBack, key);
  const draw = (): number => Math.floor(uniform(random) * BINS);
  const bins = new Uint32Array(BINS);
  for (let i = 0; i < reference; i++) bins[draw()]! += 1;
  const ranks = fenwickOf(bins);
  const sums = new Float64Array(RANK_BETS);
  const waiting: number[] = [];
  let alarms = 0;
  for (let t = 0; t < EVENTS; t++) {
    const bin = draw();
    const equal = ranks.counts[bin]!;
    const above = ranks.total - below(ranks, bin) - equal;
    const p = (above + uniform(random) * (equal + 1)) / (ranks.total + 1);
    bet.p = Math.min(1 - 1e-6, Math.max(1e-6, p));
    rankBets(bet, e);
    let statistic = 0;
    for (let b = 0; b < RANK_BETS; b++) {
      sums[b] = (sums[b]! + 1) * e[b]!;
      statistic += weights[b]! * sums[b]!;
    }
    if (statistic >= PROMISE) {
      alarms += 1;
      sums.fill(0);
    }
    waiting.push(bin);
    if (t >= heldBack) add(ranks, waiting[t - heldBack]!);
  }
  return alarms;
}

const table = [];
for (const [reference, heldBack] of [
  [1500, 0],
  [1500, 250],
  [1500, 500],
  [1500, 1500],
  [500, 0],
  [500, 166],
  [300, 0],
  [300, 100],
] as const) {
  let alarms = 0;
  for (let key = 0; key < KEYS; key++) alarms += alarmsOf(reference, heldBack, key);
  const per10000 = Number(((alarms * 10_000) / (KEYS * EVENTS)).toFixed(2));
  table.push({ reference, "held back": heldBack, events: KEYS * EVENTS, alarms, "per 10,000": per10000 });
}
console.table(table);
