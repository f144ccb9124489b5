import type { Detector, Settings } from "../../engine/detector.ts";
import { DEFAULT_FIRST, DEFAULT_PROMISE } from "./context.ts";
import { event, type RvflEvent } from "./event.ts";
import { example } from "./example.ts";
import { GAUGES } from "./inspect.ts";
import { openModel } from "./model.ts";
import { type Options, options } from "./options.ts";
import { VERSION } from "./snapshot.ts";
import type { State } from "./state.ts";

/**
 * Labelled streams: an online model learns y from x, follows the stream, and says when what x tells about y has changed, since
 * when, and which inputs and classes moved. A change of x alone that leaves y's dependence on it is no drift here.
 *
 * The first events (`reference`) scale the inputs: z = (x − mean)/(1.01 sd); they are learnt, not judged.
 *   model   a = [z, sigmoid(zV + b), 1], V and b random in (−1, 1), Ne·N2 nodes; G ← μG + aᵀa + (1 − μ)λI, Q ← μQ + aᵀy,
 *           W = G⁻¹Q every k events; μ = θ⁻². y: one column per class, or the standardised quantity
 *   gap     d = loss(slow) − loss(fast), slow: θ 1.0002; R ← (R + s)(1 + .05 … .8 · d), alarm when the mean R ≥ A
 *   moved   f = mean over 100 inputs of ‖a(W_t − W_{t−100})‖²; alarm above what 20,000 events drawn from 2,000 own ones reach
 *           once in A events (block maxima, Gumbel)
 * A is the promise; twice that for each where both are on. Both in one episode: critical.
 *
 * Raising theta follows faster and costs accuracy while nothing changes; raising ridge stiffens; more nodes bend more and cost
 * their square. Cost per event with 100 nodes: about 50 µs.
 * Labels may come later, under the event's id; until then an event is only predicted. An event without a label says nothing.
 */
export const liteRvfl: Detector<RvflEvent, Options, State> = {
  name: "lite-rvfl",
  version: VERSION,
  title: "A model that follows drift",
  summary:
    "Learns to predict labels from numbers, follows their drift, and says how far it moved, since when and where.",
  source: "Hu, Liu, He: Lite-RVFL, arXiv 2506.08063, in the information form.",
  event,
  options,
  reference: { first: DEFAULT_FIRST, least: 50 },
  falseAlarms: DEFAULT_PROMISE,
  sharesPromise: "its thresholds are simulated from each key's own warm-up for one promise, and are no e-values",
  gauges: GAUGES,
  signals: [
    {
      kind: "drift",
      severity: "warning",
      episode: "opens",
      help: "What the inputs tell about the label has changed; critical once both alarms say so.",
    },
    {
      kind: "warning",
      severity: "info",
      episode: "none",
      help: "The gap passed a tenth of its threshold. Carries no promise.",
    },
    { kind: "explained", severity: "info", episode: "updates", help: "The explanation again, from 300 more labels." },
    {
      kind: "recovered",
      severity: "info",
      episode: "closes",
      help: "The model has followed: 500 labels without alarm.",
    },
    { kind: "adapted", severity: "info", episode: "closes", help: "Inputs and models are learnt anew, as was asked." },
  ],
  check,
  open: (settings, env) => openModel(settings, env),
  example,
};

const LEAST_PROMISE = 500;

function check({ options: { theta, slowTheta }, promise }: Settings<Options>): string | null {
  if (promise !== null && promise < LEAST_PROMISE) {
    return `falseAlarms.events is ${promise}: promise ${LEAST_PROMISE} or more events between false alarms`;
  }
  if (slowTheta >= theta && theta > 1) return `slowTheta is ${slowTheta}: it must be below theta, which is ${theta}`;
  return null;
}
