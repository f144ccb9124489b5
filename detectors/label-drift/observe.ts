import type { Outcome } from "../../engine/detector.ts";
import { NO_SIGNALS } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import type { SumsKernels } from "../../engine/tensors.ts";
import { eventsPerDay, isInDays, type Promised, promisedEvents, untimed } from "../statistics/promised.ts";
import { clusterDrift } from "./cluster-alarm.ts";
import { count, forgetLabel, forgetSlow, widenLabels } from "./co-occurrence.ts";
import { createCompany, leaveCompany, observeCompany } from "./company.ts";
import { displacement } from "./displacement.ts";
import { driftRatios, statisticsOf, tellDrift } from "./drift.ts";
import type { LabelEvent } from "./event.ts";
import { explainAgain, partitionChanged, partitionOf } from "./explain.ts";
import { collect, look, restart, thresholdOf } from "./global-alarm.ts";
import { followClusters, forgetInLearner, learn, refuse } from "./learner/learner.ts";
import { note, type Scores } from "./learner/scores.ts";
import { tellMarginals } from "./marginal-alarm.ts";
import { forgetMarginal, marginalRatio, observeMarginals, widenMarginals } from "./marginals.ts";
import { growOdac, leavesOf } from "./odac.ts";
import type { LabelOptions } from "./options.ts";
import { place, resetPartition, TEST_EVERY } from "./partition.ts";
import { LOOK_EVERY } from "./replay.ts";
import { FIRST_TOLD, type State } from "./state.ts";
import { testClusters } from "./tell-clusters.ts";
import { numberOf, rename } from "./vocabulary.ts";

export interface Watching {
  readonly options: LabelOptions;
  /** Events of a sample. */
  readonly first: number;
  readonly promised: Promised;
  /** Of all keys since the model was opened. */
  readonly scores: Scores;
  readonly kernels: SumsKernels;
}

/** Events after a global alarm when its new clusters are told. */
const EXPLAIN_AFTER = 500;
/** R_ii below which a label has vanished. */
const VANISHED = 0.01;
const LEAST_STATISTIC = 1e-5;

let active = new Uint16Array(64);
/** 1 for the labels of the event, while it is observed. */
const present = new Uint8Array(4096);

/** One event's labels into the structure, and what is to be said of it. */
export function observe(state: State, event: LabelEvent, time: number | null, w: Watching): Outcome {
  const { learner } = state;
  const wrong = learner === null ? null : refuse(learner, event.x);
  if (wrong !== null) return { ratio: 0, signals: NO_SIGNALS, reject: wrong };
  if (isInDays(w.promised)) {
    const completes = state.perDay === null && state.events >= w.first - 1;
    const reject = untimed(time, completes, state.began);
    if (reject !== null) return { ratio: 0, signals: NO_SIGNALS, reject };
    state.began ??= time;
    if (completes) state.perDay = eventsPerDay(w.first, state.began!, time!);
  }
  const nth = state.events++;
  const index = nth - state.past;
  const size = activeLabels(state, event.y, nth);
  const { structure, alarm, marginals } = state;
  observeMarginals(marginals, active, size, w.first);
  count(structure, active, size);
  if (state.company !== null) observeCompany(state.company, active, size, present);
  if (collect(alarm, active, size, w.first, structure, state.random)) sampleTaken(state);
  const signals: SignalDraft[] = [];
  if (learner !== null && event.x !== undefined) {
    const { answer, drifts } = learn(
      learner,
      nth,
      event.x,
      active,
      size,
      present,
      state.labels.names.length,
      w.kernels,
    );
    note(w.scores, state.labels.names, answer, active, size, present);
    for (const drift of drifts) signals.push(clusterDrift(state, drift, index));
  }
  const promise = promisedEvents(w.promised, state.perDay);
  const clusters = state.partition.clusters;
  let ratio = 0;
  if ((nth + 1) % LOOK_EVERY === 0) ratio = lookAll(state, index, promise, w, signals);
  partitionSteps(state, index, w.options, signals);
  if (learner !== null && state.partition.clusters !== clusters) followClusters(learner, state.partition);
  for (let k = 0; k < size; k++) present[active[k]!] = 0;
  return { ratio, signals: signals.length === 0 ? NO_SIGNALS : signals };
}

/** What the sample does not know well may still tell by its company; where nothing tells, another sample is taken. */
function sampleTaken(state: State): void {
  const { alarm, structure } = state;
  state.company = createCompany(alarm.sets!, alarm.starts, structure.mask, structure.labels);
  if (alarm.replays) return;
  alarm.sets = null;
  if (state.company !== null) return;
  restart(alarm);
  structure.mask.fill(1, 0, structure.labels);
}

/** Fills `active` with the numbers of the event's labels, ascending, and marks them in `present`; returns how many. */
function activeLabels(state: State, y: readonly string[], index: number): number {
  const { labels, structure, marginals } = state;
  if (active.length < y.length) active = new Uint16Array(y.length * 2);
  let size = 0;
  for (let k = 0; k < y.length; k++) {
    let i = numberOf(labels, y[k]!);
    if (i < 0) i = replaceVanished(state, y[k]!, index);
    if (i < 0 || present[i] === 1) continue;
    present[i] = 1;
    let at = size++;
    for (; at > 0 && active[at - 1]! > i; at--) active[at] = active[at - 1]!;
    active[at] = i;
  }
  if (labels.names.length > structure.labels) {
    // A label that is new to a statistic calibrated without it stays out until the next sample.
    widenLabels(structure, labels.names.length, state.alarm.sample === null && state.alarm.sets !== null);
    widenMarginals(marginals, labels.names.length);
  }
  return size;
}

function replaceVanished(state: State, name: string, index: number): number {
  const c = state.structure;
  let gone = -1;
  let least = VANISHED;
  for (let i = 0; i < c.labels; i++) {
    const r = c.slow[i]! * c.slowScale;
    // Not one that this very event has.
    if (r < least && present[i] === 0) [gone, least] = [i, r];
  }
  if (gone < 0) return -1;
  state.labels.ignored--;
  forgetLabel(c, gone);
  forgetMarginal(state.marginals, gone, state.marginals.n[gone]!);
  if (state.company !== null) leaveCompany(state.company, gone);
  state.partition.clusters = state.partition.clusters
    .map((cluster) =>
      cluster.labels.includes(gone) ? { ...cluster, labels: cluster.labels.filter((i) => i !== gone) } : cluster,
    )
    .filter(({ labels }) => labels.length > 0);
  place(state.partition);
  if (state.learner !== null) {
    forgetInLearner(state.learner, gone, index);
    followClusters(state.learner, state.partition);
  }
  rename(state.labels, gone, name);
  return gone;
}

/** The statistics against their thresholds; returns the greatest ratio. */
function lookAll(state: State, index: number, promise: number | null, w: Watching, signals: SignalDraft[]): number {
  const { alarm, structure } = state;
  const s = displacement(structure);
  look(alarm, s);
  if (promise === null) return 0;
  const threshold = thresholdOf(alarm, promise * statisticsOf(state));
  state.threshold = threshold === null ? null : Math.max(threshold, LEAST_STATISTIC);
  let ratio = marginalRatio(state.marginals, promise);
  ratio = Math.min(ratio, BELOW_ONE);
  const told = tellMarginals(state, index, promise, w.options.topPairs);
  if (told.length > 0) ratio = Math.max(1, ratio);
  signals.push(...told);
  const alarms = driftRatios(state, promise);
  ratio = Math.max(ratio, alarms.displacement, alarms.company);
  if (Math.max(alarms.displacement, alarms.company) >= 1) {
    tellDrift(state, index, promise, w.options, signals);
    startAnew(state);
    if (state.odac === null) signals.push(partitionChanged(state, state.drift!.before, "reset"));
  }
  return ratio;
}

const BELOW_ONE = 0.999999;

/** What is normal from now on is what came of late. */
export function startAnew(state: State): void {
  const { structure } = state;
  forgetSlow(structure);
  restart(state.alarm);
  state.threshold = null;
  state.company = null;
  if (state.odac !== null) return;
  const alive: number[] = [];
  for (let i = 0; i < structure.labels; i++) if (structure.slow[i]! > VANISHED) alive.push(i);
  resetPartition(state.partition, alive);
  state.nextTest = 0;
  Object.assign(state.telling, { from: FIRST_TOLD, before: null });
}

function partitionSteps(state: State, index: number, options: LabelOptions, signals: SignalDraft[]): void {
  const { partition, structure, odac } = state;
  const nth = index + state.past;
  if (odac !== null) {
    const before = partition.clusters.length === 0 ? null : partitionOf(state).partition;
    const parameters = { delta: options.odacDelta, nMin: options.odacEvents, tau: 0.1 };
    const changed = growOdac(odac, present, structure.labels, parameters);
    if (!changed) return;
    const leaves = leavesOf(odac);
    const fewer = leaves.length < partition.clusters.length;
    partition.clusters = leaves.map((labels) => ({ id: partition.nextId++, labels }));
    place(partition);
    signals.push(partitionChanged(state, before ?? [[...state.labels.names]], fewer ? "merge" : "split"));
  } else if ((nth + 1) % TEST_EVERY === 0 && nth >= state.nextTest) {
    const { since, labels } = structure;
    state.nextTest = nth + Math.max(TEST_EVERY, since / 10) * (1 + Math.floor(labels / 500)) - 1;
    signals.push(...testClusters(state));
  }
  const { drift } = state;
  if (drift !== null && !drift.explained && index - drift.index >= EXPLAIN_AFTER) {
    drift.explained = true;
    signals.push(explainAgain(state, drift));
  }
}
