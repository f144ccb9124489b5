import { z } from "zod";
import { watchedNumber } from "../learners/watched-number.ts";
import { createRandom, uniform } from "../statistics/random.ts";

const event = z
  .strictObject({
    rephrase: z.boolean().optional().describe("The user said the same again in other words."),
    correction: z.boolean().optional().describe("The user corrected the answer."),
    thumbsDown: z.boolean().optional().describe("The user marked the answer as bad."),
  })
  .refine((e) => KINDS.some((kind) => e[kind] !== undefined), {
    error: "An event has at least one of rephrase, correction, thumbsDown",
  });

const KINDS = ["rephrase", "correction", "thumbsDown"] as const;
type Event = z.infer<typeof event>;

/** Exponential rates over 500 turns, one a kind, and the turns so far. */
interface Own {
  readonly rates: Float64Array;
  turns: number;
}

const MEMORY = 500;

/**
 * dissatisfaction: the share of turns at which users are not content.
 *
 * Sees      the rate of turns with a rephrase, a correction or a thumbs down rise or fall.
 * How       a turn is 1 if any of the three is true, else 0; the calibrated core for bits (see numeric) watches the rate in
 *           the context of the bit before. Rates of each kind (memory 500 turns) say which of them it is.
 * Parameters  reference.first: turns that teach the usual rate; falseAlarms: turns between false alarms.
 * Cost      .5 µs a turn, 2.4 KiB a key.
 * Limits    what users do not say is not seen; a rate below 1 in 500 wants a longer reference.
 */
export const dissatisfaction = watchedNumber<Event, Own>({
  name: "dissatisfaction",
  title: "User dissatisfaction",
  summary: "Finds when users rephrase, correct or mark down answers more often than they used to.",
  source: "Shin, Ramdas, Rinaldo: E-detectors, arXiv 2203.03532, on bits in the context of the one before",
  event,
  subject: "The rate of dissatisfied turns",
  unit: "turns",
  bits: true,
  reference: 1000,
  gauges: [
    { name: "dissatisfaction_rephrase_rate", help: "Share of the last 500 turns that users said again." },
    { name: "dissatisfaction_correction_rate", help: "Share of the last 500 turns that users corrected." },
    { name: "dissatisfaction_thumbs_down_rate", help: "Share of the last 500 turns that users marked as bad." },
  ],
  start: () => ({ rates: new Float64Array(KINDS.length), turns: 0 }),
  take(own, e) {
    own.turns++;
    const by = 1 / Math.min(own.turns, MEMORY);
    KINDS.forEach((kind, i) => {
      own.rates[i] = own.rates[i]! + ((e[kind] === true ? 1 : 0) - own.rates[i]!) * by;
    });
    return [KINDS.some((kind) => e[kind] === true) ? 1 : 0];
  },
  tell({ rates, turns }) {
    if (turns === 0) return { gauges: {}, details: {} };
    const [rephrase = 0, correction = 0, thumbsDown = 0] = rates;
    return {
      gauges: {
        dissatisfaction_rephrase_rate: rephrase,
        dissatisfaction_correction_rate: correction,
        dissatisfaction_thumbs_down_rate: thumbsDown,
      },
      details: { rates: { rephrase, correction, thumbsDown } },
    };
  },
  save(own, w) {
    w.array(own.rates);
    w.f64(own.turns);
  },
  load: (r) => ({ rates: r.f64s(), turns: r.f64() }),
  example: {
    reference: { first: 300 },
    *events() {
      const random = createRandom("dissatisfaction example");
      for (let i = 0; i < 700; i++) {
        const rate = i < 400 ? 0.06 : 0.3;
        yield { rephrase: uniform(random) < rate, correction: uniform(random) < 0.02, thumbsDown: false };
      }
    },
    alarms: [{ kind: "drift", index: 430 }],
  },
});
