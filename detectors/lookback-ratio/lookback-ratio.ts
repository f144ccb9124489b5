import { z } from "zod";
import { watchedNumber } from "../learners/watched-number.ts";
import { createRandom, uniform } from "../statistics/random.ts";

const mass = z.number().min(0);
const event = z
  .strictObject({
    context: mass.optional().describe("Attention on the context, summed or averaged over the turn's heads and tokens."),
    own: mass.optional().describe("Attention on the model's own output, in the same measure."),
    ratio: z.number().min(0).max(1).optional().describe("Instead of both: context / (context + own)."),
  })
  .refine((e) => (e.ratio !== undefined) !== (e.context !== undefined && e.own !== undefined), {
    error: "An event has either a ratio, or context and own",
  });

type Event = z.infer<typeof event>;

/**
 * lookback-ratio: how much a model looks at its context rather than at what it said itself, turn by turn.
 *
 * Sees      the ratio context/(context + own) fall (the model talks to itself), rise, or spread.
 * How       the calibrated core (see numeric) watches the ratio of each turn.
 * Parameters  reference.first: turns that teach the usual ratio; falseAlarms: turns between false alarms.
 * Cost      .5 µs a turn, 2.4 KiB a key.
 * Limits    the ratio depends on the length of the context: watch like tasks under one key.
 */
export const lookbackRatio = watchedNumber<Event, null>({
  name: "lookback-ratio",
  title: "Lookback ratio",
  summary: "Finds when a model looks less at its context and more at its own words.",
  source: "Chuang, Qiu, Hsieh, Krishna, Kim, Glass: Lookback Lens, EMNLP 2024, arXiv 2407.07071",
  event,
  subject: "The lookback ratio",
  unit: "turns",
  bits: false,
  reference: 500,
  gauges: [],
  start: () => null,
  take(_, e) {
    if (e.ratio !== undefined) return [e.ratio];
    const all = e.context! + e.own!;
    if (all > 0) return [e.context! / all];
    return { reason: "out-of-range", detail: "Fields context and own are both 0: there is no ratio." };
  },
  tell: () => ({ gauges: {}, details: {} }),
  save: () => {},
  load: () => null,
  example: {
    reference: { first: 300 },
    *events() {
      const random = createRandom("lookback example");
      for (let i = 0; i < 600; i++) {
        const level = i < 400 ? 0.62 : 0.52;
        const noise = uniform(random) + uniform(random) + uniform(random) - 1.5;
        yield { context: level + 0.1 * noise, own: 1 - level - 0.1 * noise };
      }
    },
    alarms: [{ kind: "drift", index: 406 }],
  },
});
