import type { Command, Detector, Model } from "../../engine/detector.ts";
import { NO_SIGNALS } from "../../engine/detector.ts";
import { typedSums } from "../learners/typed-sums.ts";
import { promisedBy } from "../statistics/promised.ts";
import { createRandom } from "../statistics/random.ts";
import { type LabelEvent, labelEvent } from "./event.ts";
import { GAUGES, inspectState, statusOf } from "./inspect.ts";
import { createScores, summaryOf } from "./learner/scores.ts";
import { observe, startAnew, type Watching } from "./observe.ts";
import { type LabelOptions, labelOptions } from "./options.ts";
import { createState, loadState, type State, saveState } from "./state.ts";
import { eventsOf, labelStream } from "./stream.ts";
import { VERSION } from "./version.ts";

const REFERENCE = { first: 1000, least: 300 };
const MOST_REFERENCE = 20_000;
const PROMISE = 50_000;
const LEAST_PROMISE = 1000;

/**
 * label-drift: iHOMER as a monitor of label structure.
 *
 * Sees      labels that come together in another way (drift), labels that come more or less often (marginal_drift), clusters of
 *           labels that split, merge or are learnt anew (partition_changed).
 * How       N ← .99 N + y yᵀ, R ← .999 R + y yᵀ, J = N_ij/(N_ii + N_jj − N_ij); every 10 events
 *           s = Σ w_ij |J(N)_ij − J(R)_ij| / Σ w_ij, w_ij = w_i w_j, w_i = min(1, R_ii/20). The first label sets, replayed with
 *           replacement 30 times, tell the level that s passes once in the promised events (a Gumbel law through block maxima).
 *           Alarm: R ← N, the partition and the threshold are learnt anew. Partition: partition.ts. Frequencies: marginals.ts.
 * Learner   learner/ensemble.ts (classifier chain, neighbours by label set, random functional links, decoded over label sets)
 *           or learner/tree/tree.ts, test then train; beside it one chain for each cluster, watched by ADWIN (cluster_drift).
 * Parameters  reference.first: label sets that the threshold is learnt from; falseAlarms: events between false alarms, for
 *           drift and for marginal_drift.
 * Cost      structure: by labels on in an event, not by labels known; memory at most 16 bytes for each pair of labels known (L²).
 * Rare      labels seen fewer than 20 times in the sample: company.ts. Both statistics alarm at half of the promise each.
 * Limits    the promise holds where label sets could come in any order. Rare labels are found where they leave companions that
 *           the sample has them with twice; not where those that came alone begin to come together.
 *           cluster_drift carries none. With d inputs the learner holds (d + 100)² numbers and takes (d + 100)³/6 steps every
 *           50 events: about a second at d = 1,500.
 * Source    Neves et al., "Online hierarchical partitioning of the output space in extreme multi-label data stream", arXiv
 *           2507.20894; ODAC (Rodrigues et al. 2008); ADWIN.
 */
export const labelDrift: Detector<LabelEvent, LabelOptions, State> = {
  name: "label-drift",
  version: VERSION,
  title: "Label structure",
  summary: "Finds when labels come together in another way, come more or less often, or are predicted worse.",
  source:
    "Neves, Lourenço, Cano, Marreiros: Online hierarchical partitioning of the output space, arXiv 2507.20894 (iHOMER).",
  event: labelEvent,
  options: labelOptions,
  freeOptions: ["topPairs"],
  reference: REFERENCE,
  falseAlarms: PROMISE,
  sharesPromise: "its threshold is learnt by replaying each key's reference for one promise, and is no e-value",
  gauges: GAUGES,
  signals: [
    { kind: "drift", severity: "critical", episode: "opens", help: "Labels come together in another way." },
    {
      kind: "marginal_drift",
      severity: "warning",
      episode: "opens",
      help: "A label comes more or less often than it did; false discoveries over labels are controlled.",
    },
    {
      kind: "cluster_drift",
      severity: "warning",
      episode: "opens",
      help: "One cluster of labels is predicted worse than before (ADWIN on its Hamming loss; no promise); its learner starts anew.",
    },
    {
      kind: "explained",
      severity: "info",
      episode: "updates",
      help: "The alarm again, when the new clusters are known: which labels moved where.",
    },
    {
      kind: "partition_changed",
      severity: "info",
      episode: "none",
      help: "Clusters of labels split, merged, or are learnt anew.",
    },
  ],
  check({ reference, promise }) {
    const first = reference?.first ?? REFERENCE.first;
    if (first < REFERENCE.least || first > MOST_REFERENCE) {
      return `reference.first is ${first}: choose from ${REFERENCE.least} to ${MOST_REFERENCE}`;
    }
    if (promise !== null && promise < LEAST_PROMISE) {
      return `falseAlarms.events is ${promise}: promise ${LEAST_PROMISE} or more events between false alarms`;
    }
    return null;
  },
  open(settings, env) {
    const { options, reference, seed } = settings;
    const first = reference?.first ?? REFERENCE.first;
    const kernels = env.tensors.sums ?? typedSums;
    return open({ options, first, promised: promisedBy(settings, PROMISE), scores: createScores(), kernels }, seed);
  },
  example: {
    options: {},
    reference: { first: 300 },
    falseAlarms: { events: 50_000 },
    *events() {
      yield* eventsOf(labelStream(5, 1400, 700), true);
    },
    alarms: [{ kind: "drift", index: 759 }],
  },
};

function open(watching: Watching, seed: number): Model<LabelEvent, State> {
  const command = (state: State, { kind }: Command) => {
    if (kind === "adapt") startAnew(state);
    return NO_SIGNALS;
  };
  return {
    recovers: false,
    prequential: () => summaryOf(watching.scores),
    init: (key, past) => createState(seed, key, watching.options, past),
    begin(state, key) {
      state.random.set(createRandom(seed, key));
    },
    step: (batch) => batch.map(({ state, event, time }) => observe(state, event, time, watching)),
    command,
    status: statusOf,
    inspect: (state) => inspectState(state, watching),
    save: (states) => states.map(saveState),
    load: (snapshots) => snapshots.map((s) => loadState(s, watching.options)),
  };
}
