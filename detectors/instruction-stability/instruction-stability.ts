import { z } from "zod";
import { lateStep, watchedSeries } from "../learners/watched-series.ts";
import { createRandom, uniform } from "../statistics/random.ts";

const event = z.strictObject({
  conversation: z.union([z.string().min(1).max(256), z.number()]).describe("Which conversation was probed."),
  round: z.int().min(0).max(1_000_000).optional().describe("Round of the conversation; absent: the next."),
  score: z.number().describe("How well the instruction was still followed, by a probe; higher is better."),
  end: z.boolean().optional().describe("The conversation ends with this round."),
});

type Event = z.infer<typeof event>;

/** Sums over the rounds of one conversation for its slope. */
interface Probed {
  readonly first: number;
  /** Its first round, and its last. */
  readonly began: number;
  round: number;
  n: number;
  r: number;
  s: number;
  rs: number;
  rr: number;
}

/** Sums by rounds after the first (1..MOST): conversations, Σ fall and Σ fall² of the score since the first round, Σ first. */
const MOST = 32;
const LEAST_ROUNDS = 3;
const PUBLISHED = 8;
/** Of a normal score at which a fall counts as shown, over the rounds looked at. */
const SHOWN = 2.73;
const LEAST = 30;

/**
 * instruction-stability: does a model still follow its instruction after so many rounds?
 *
 * Sees      conversations whose scores fall faster by round than those of the reference (drift); the round from which on the
 *           fall is significant, and its half-life (gauges, details).
 * How       a conversation that ended with 3 rounds or more gives the least-squares slope of its scores by round, watched by
 *           the calibrated core (see numeric). Over all: mean fall since the first round d_r with its error; shown at the first
 *           r ≤ 8 with d_r/se > 2.73 (1 in 40 over eight looks) and 30 conversations; half-life −ln 2·r/ln(1 − d_r/s_1).
 * Parameters  reference.first: conversations that teach the usual slope; falseAlarms: conversations between false alarms.
 * Cost      .5 µs a round; 3 KiB a key and .2 KiB an open conversation (at most 1,000; an hour's silence ends one).
 * Limits    scores of one probe on one scale; a half-life needs scores above 0.
 */
export const instructionStability = watchedSeries<Event, Probed>({
  name: "instruction-stability",
  title: "Instruction stability",
  summary: "Finds when instructions are forgotten faster over the rounds of a conversation, and how soon they are.",
  source:
    "Li, Liu, Bashkansky, Bau, Viégas, Pfister, Wattenberg: Measuring and Controlling Instruction (In)Stability in Language Model Dialogs, COLM 2024, arXiv 2402.10962",
  event,
  subject: "The slope of probe scores by round",
  unit: "conversations",
  within: "conversation",
  reference: 300,
  gauges: [
    { name: "instruction_stability_significant_round", help: "First round at which the fall of scores is shown." },
    { name: "instruction_stability_half_life_rounds", help: "Rounds after which half of the first score is left." },
  ],
  sums: 4 * (MOST + 1),
  seriesOf: (e) => e.conversation,
  grow(known, e, rounds) {
    const round = e.round ?? (known === null ? 1 : known.round + 1);
    if (known !== null && round <= known.round) return lateStep("Round", round, known.round);
    const p = known ?? { first: e.score, began: round, round, n: 0, r: 0, s: 0, rs: 0, rr: 0 };
    p.round = round;
    p.n++;
    p.r += round;
    p.s += e.score;
    p.rs += round * e.score;
    p.rr += round * round;
    if (known !== null) countFall(rounds, round - p.began, p.first - e.score, p.first);
    return p;
  },
  numberOf: slopeOf,
  tell(rounds) {
    const found = significantRound(rounds);
    return {
      gauges: {
        ...(found === null ? {} : { instruction_stability_significant_round: found.round }),
        ...(found?.halfLife == null ? {} : { instruction_stability_half_life_rounds: found.halfLife }),
      },
      details: {
        significantRound: found?.round ?? null,
        halfLife: found?.halfLife ?? null,
        fallByRound: meanFalls(rounds),
      },
    };
  },
  saveOne(p, w) {
    for (const value of [p.first, p.round, p.n, p.r, p.s, p.rs, p.rr, p.began]) w.f64(value);
  },
  loadOne(r, version) {
    const [first = 0, round = 0, n = 0, a = 0, s = 0, rs = 0, rr = 0] = Array.from({ length: 7 }, () => r.f64());
    // Version 1 took it that no round was missing.
    const began = version === 1 ? round - (n - 1) : r.f64();
    return { first, began, round, n, r: a, s, rs, rr };
  },
  example: {
    reference: { first: 100 },
    *events() {
      const random = createRandom("instruction example");
      for (let i = 0; i < 220; i++) {
        for (let round = 1; round <= 8; round++) {
          const slope = i < 160 ? 0.01 : 0.06;
          const score = 0.9 - slope * (round - 1) + 0.1 * (uniform(random) - 0.5);
          yield { conversation: `c${i}`, round, score: Number(score.toFixed(4)), end: round === 8 };
        }
      }
    },
    alarms: [{ kind: "drift", index: 1319 }],
  },
});

function slopeOf({ n, r, s, rs, rr }: Probed): number | null {
  const wide = n * rr - r * r;
  return n >= LEAST_ROUNDS && wide > 0 ? (n * rs - r * s) / wide : null;
}

function countFall(rounds: Float64Array, after: number, fall: number, first: number): void {
  const at = 4 * Math.min(after, MOST);
  rounds[at] = rounds[at]! + 1;
  rounds[at + 1] = rounds[at + 1]! + fall;
  rounds[at + 2] = rounds[at + 2]! + fall * fall;
  rounds[at + 3] = rounds[at + 3]! + first;
}

function significantRound(rounds: Float64Array): { round: number; halfLife: number | null } | null {
  for (let after = 1; after < PUBLISHED; after++) {
    const [n = 0, sum = 0, squares = 0, first = 0] = rounds.subarray(4 * after, 4 * after + 4);
    if (n < LEAST) continue;
    const mean = sum / n;
    const error = Math.sqrt(Math.max(0, squares / n - mean * mean) / (n - 1));
    if (!(mean > SHOWN * error) || !(error > 0)) continue;
    const left = 1 - mean / (first / n);
    return { round: after + 1, halfLife: left > 0 && left < 1 ? (-Math.LN2 * after) / Math.log(left) : null };
  }
  return null;
}

function meanFalls(rounds: Float64Array): object[] {
  const curve: object[] = [];
  for (let after = 1; after <= MOST; after++) {
    const [n = 0, sum = 0] = rounds.subarray(4 * after, 4 * after + 2);
    if (n > 0) curve.push({ round: after + 1, fall: Number((sum / n).toPrecision(4)), conversations: n });
  }
  return curve.slice(0, 12);
}
