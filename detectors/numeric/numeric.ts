import type { Detector } from "../../engine/detector.ts";
import { promisedBy } from "../statistics/promised.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { calibratedModel } from "./calibrated-model.ts";
import type { CalibratedKey } from "./calibrated-state.ts";
import { type ClassicKey, classicModel } from "./classic-model.ts";
import { type NumericEvent, numericEvent } from "./event.ts";
import { GUIDE } from "./guide.ts";
import { type NumericOptions, numericOptions } from "./options.ts";
import { periodsOf } from "./season.ts";
import { VERSION } from "./version.ts";

const REFERENCE = { first: 1500, least: 300 };
const MOST_REFERENCE = 20_000;
const PROMISE = 10_000;
const LEAST_PROMISE = 100;

/**
 * numeric: a change in any stream of numbers, or in a rate of errors.
 *
 * Sees      a shift of the level (up, down), a wider or narrower spread, and by them most changes of shape.
 * How       p = rank of x among the reference and all since (ties drawn), z = Φ⁻¹(p); bets on z with mean 1 while nothing
 *           changed: exp(dz − d²/2) for shifts, exp(z²/2·(1 − 1/q²))/q for spreads; R_b ← (R_b + 1)·e_b; alarm when
 *           Σ w_b·R_b ≥ A, A = the promised events between false alarms (Shiryaev–Roberts: the statistic grows by 1 an event
 *           on average, so it reaches A after A events or more). Ranks of 256 bins make it hold whatever the distribution.
 *           Errors (or a reference of zeros and ones): the rate π after a bit like the last, odds o in 1/5 to 5,
 *           e = (x ? o : 1)/(1 − π + oπ). A reference of one value: the count of others.
 * Parameters  reference.first: more sees smaller changes, less starts sooner; at 300 delays are hardly longer.
 *           falseAlarms: ten times the promise delays an alarm by about 2.3 / (gain per event).
 *           dependence: auto takes out what values before tell (normal scores by 33 knots, ties drawn; autoregression of 1 or
 *           5 lags by AIC; waves of spread by ten experts) and tempers the bets: to the power 1/V, V = ((1 − a)/(1 − a − b − se))², a the
 *           sum of the weights, b its bias, se its error. The weights go on being learnt where R < 1,500 or a > .93.
 *           none: values could come in any order. regimes: two moving averages (.9, .98) are regressors too.
 *           season: cos and sin of 2πh·time/period, h to 2–8 by BIC, in the regression; 2 waves in the logarithm of the spread.
 * Cost      .35 µs an event, 1.9 KiB a key with none; with auto 2.2–3.3 times that, 2.4–2.5 KiB, 1.5 KiB in a snapshot.
 * Limits    the promise holds for values that could come in any order, with auto also for values that hang on those before and
 *           for declared seasons, and for errors that hang on the one before. Waves of spread reduce it; undeclared seasons,
 *           trends, levels longer than the lags and a near unit root break it: each key says which of them its reference shows.
 * Source    Shin, Ramdas, Rinaldo, "E-detectors" (2024), arXiv 2203.03532; Vovk et al., conformal test martingales.
 * The classics (adwin, page-hinkley, kswin, ddm, eddm, hddm-a, hddm-w) promise nothing and are there to compare.
 */
export const numeric: Detector<NumericEvent, NumericOptions, CalibratedKey | ClassicKey> = {
  name: "numeric",
  version: VERSION,
  title: "Numbers and error rates",
  summary: "Finds when a stream of numbers, or of errors, is no longer what it was: its level, its spread, its rate.",
  source:
    "Shin, Ramdas, Rinaldo: E-detectors, arXiv 2203.03532; ADWIN, Page–Hinkley, DDM, EDDM, HDDM, KSWIN as in river.",
  event: numericEvent,
  options: numericOptions,
  reference: REFERENCE,
  falseAlarms: PROMISE,
  sharesPromise: true,
  guide: GUIDE,
  gauges: [
    { name: "numeric_mean", help: "Mean of the recent values (since the change began while an alarm is open)." },
    { name: "numeric_sd", help: "Standard deviation of the recent values." },
    { name: "numeric_reference_mean", help: "Mean of the reference." },
    { name: "numeric_reference_sd", help: "Standard deviation of the reference." },
    { name: "numeric_window_events", help: "Events that the recent mean is taken over." },
  ],
  signals: [
    { kind: "drift", severity: "warning", episode: "opens", help: "The values are no longer what they were." },
    {
      kind: "warning",
      severity: "info",
      episode: "none",
      help: "The statistic passed a tenth of its threshold. Carries no promise.",
    },
    {
      kind: "learnt",
      severity: "info",
      episode: "none",
      help: "A reference is learnt: what values hang on, whether the promise can be kept, the smallest shift that will be seen.",
    },
    { kind: "recovered", severity: "info", episode: "closes", help: "The values are as before again." },
    { kind: "adapted", severity: "info", episode: "closes", help: "The recent past became normal by adaptAfter." },
  ],
  check({ options, reference, promise, promiseDays }) {
    if (options.algorithm !== "calibrated") {
      const { algorithm } = options;
      if (promise !== null || promiseDays != null) {
        return `${algorithm} cannot promise how often it alarms falsely: remove falseAlarms, or use algorithm: calibrated`;
      }
      if (reference !== null) return `${algorithm} learns no reference: remove reference, or use algorithm: calibrated`;
      return null;
    }
    const first = reference?.first ?? REFERENCE.first;
    if (first < REFERENCE.least || first > MOST_REFERENCE) {
      return `reference.first is ${first}: choose from ${REFERENCE.least} to ${MOST_REFERENCE}`;
    }
    if (options.season !== null && options.dependence === "none") {
      return "season needs dependence: auto or regimes, which take it out of the values";
    }
    if (promise !== null && promise < LEAST_PROMISE) {
      return `falseAlarms.events is ${promise}: promise ${LEAST_PROMISE} or more events between false alarms`;
    }
    return null;
  },
  open(settings) {
    const { options, reference, seed } = settings;
    if (options.algorithm !== "calibrated") return classicModel(options);
    return calibratedModel({
      first: reference?.first ?? REFERENCE.first,
      promised: promisedBy(settings, PROMISE),
      dependence: options.dependence,
      seasons: periodsOf(options.season),
      adaptAfter: options.adaptAfter,
      seed,
    });
  },
  example: {
    options: {},
    reference: { first: 300 },
    falseAlarms: { events: 10_000 },
    *events() {
      const random = createRandom("numeric example");
      for (let i = 0; i < 900; i++) {
        const normal = uniform(random) + uniform(random) + uniform(random);
        yield { value: Number(((i < 600 ? 20 : 24) + normal).toFixed(3)) };
      }
    },
    alarms: [{ kind: "drift", index: 603 }],
  },
};
