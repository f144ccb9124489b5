import { type Command, type Model, NO_SIGNALS, type Outcome } from "../../engine/detector.ts";
import type { Onset, SignalDraft } from "../../engine/signal.ts";
import { bitsOf } from "../statistics/bits.ts";
import { type Core, clearEvidence, learn, observe, onsetAt, settle, unsettle } from "../statistics/calibrated.ts";
import { adopt } from "../statistics/cells.ts";
import { orderIn } from "../statistics/order-test.ts";
import { eventsPerDay, isInDays, type Promised, promisedEvents, untimed } from "../statistics/promised.ts";
import { createRandom, uniform } from "../statistics/random.ts";
import { momentsOf } from "../statistics/scale.ts";
import { createSegments, keepNewest, lengthOf, numbersOf, push, type Segments } from "../statistics/segments.ts";
import { learnWhitener, temper, whiten } from "../statistics/whiten.ts";
import { inspectKey, recentOf, statusOf, stride, valuesIn } from "./calibrated-inspect.ts";
import type { CalibratedKey } from "./calibrated-state.ts";
import { sentenceOf, tell } from "./dependence.ts";
import { type NumericEvent, numberOf } from "./event.ts";
import { directionOf, explain, sentence, sideAfter, sideBefore } from "./explain.ts";
import { loadKey, saveKey } from "./snapshot.ts";
import { place } from "./words.ts";

export interface CalibratedSettings {
  /** Events of the reference. */
  readonly first: number;
  /** Between false alarms; in events it is the threshold of the statistic. */
  readonly promised: Promised;
  readonly dependence: "auto" | "none" | "regimes";
  /** Periods of declared seasons in ms. */
  readonly seasons: readonly number[];
  readonly adaptAfter: number | null;
  readonly seed: number;
}

/** Learns what is normal from the first events of a key, then watches for a change at the promised rate of false alarms. */
export function calibratedModel(settings: CalibratedSettings): Model<NumericEvent, CalibratedKey> {
  const { first, promised, adaptAfter, seasons } = settings;
  const each = stride(settings);
  const inDays = isInDays(promised);
  const thresholdOf = (state: CalibratedKey): number => {
    const promise = state.promise ?? promisedEvents(promised, state.perDay)!;
    return state.white ? WHITENED * promise : promise;
  };

  const step = (state: CalibratedKey, event: NumericEvent, time: number | null): Outcome => {
    if (inDays) {
      const completes = state.perDay === null && state.values !== null && lengthOf(state.values) >= each * (first - 1);
      const reject = untimed(time, completes, state.began);
      if (reject !== null) return { ratio: 0, signals: NO_SIGNALS, reject };
    }
    if (seasons.length > 0 && time === null) return UNTIMED;
    const x = numberOf(event);
    const index = state.events++;
    const { core } = state;
    if (core === null) return learning(state, x, index, time);
    const { white, random } = state;
    const frozen = state.open !== null;
    const seen = white ? whiten(white, x, index, time ?? 0, random, frozen) : x;
    const statistic = observe(core, seen, index, random, frozen, x, white ? temper(white) : 1);
    const threshold = thresholdOf(state);
    const ratio = statistic / threshold;
    if (frozen) return whileOpen(state, core, x, time, index, statistic, ratio);
    const warnAt = threshold / 10;
    if (statistic >= threshold) return { ratio, signals: [alarm(state, core, index, statistic)] };
    if (state.warned) {
      if (statistic < warnAt / 2) state.warned = false;
    } else if (statistic >= warnAt) {
      state.warned = true;
      return { ratio, signals: [say("warning", state, core, onsetAt(core, index, state.since), index, statistic)] };
    }
    return { ratio, signals: NO_SIGNALS };
  };

  const learning = (state: CalibratedKey, x: number, index: number, time: number | null): Outcome => {
    uniform(state.random);
    state.values ??= createSegments();
    collect(state.values, x, time);
    state.began ??= time;
    if (lengthOf(state.values) < each * first) return LEARNING;
    const span = state.began !== null && time !== null ? Math.max(0, time - state.began) : 0;
    // Fixed with the first reference.
    if (inDays) state.perDay ??= eventsPerDay(first, state.began!, time!);
    begin(state, index + 1, span);
    return { ratio: 0, signals: [learnt(state)] };
  };

  const collect = (values: Segments, x: number, time: number | null): void => {
    push(values, x);
    if (each > 1) push(values, time!);
  };

  /** What was collected becomes normal; event `index` is the first that is watched. */
  const begin = (state: CalibratedKey, index: number, span: number): void => {
    const collected = numbersOf(state.values!, each * first);
    const values = valuesIn(collected, each);
    const times = each > 1 ? valuesIn(collected, each, 1) : null;
    const took = times ? times[first - 1]! - times[0]! : span;
    const made =
      settings.dependence !== "none" && bitsOf(values) === null
        ? learnWhitener({ values, times, seasons, levels: settings.dependence === "regimes", span: took }, state.random)
        : null;
    state.white = made?.whitener ?? null;
    state.core = made ? learn(made.residuals, { ...made.whitener, moments: momentsOf(values) }) : learn(values);
    const hidden = made?.hidden ?? orderIn(values);
    state.hints = hidden.hints;
    state.hiddenPeriod = Math.round(hidden.period);
    state.random = adopt(state.core, state.random);
    state.values = null;
    state.open = null;
    state.warned = false;
    state.began = null;
    state.since = index;
  };

  /** Said once when a reference is learnt: what is promised and what can be seen. */
  const learnt = (state: CalibratedKey): SignalDraft => {
    const core = state.core!;
    const told = tell(state, core, settings, thresholdOf(state));
    const { facts, kept, model, smallestShift, why } = told;
    return {
      kind: "learnt",
      onset: null,
      statistic: null,
      threshold: null,
      summary: sentenceOf(told, first),
      explanation: { promise: kept, why, model, ...facts, smallestShiftWithin1000Events: smallestShift },
    };
  };

  const alarm = (state: CalibratedKey, core: Core, index: number, statistic: number): SignalDraft => {
    const onset = onsetAt(core, index, state.since);
    settle(core, onset.index, index);
    const draft = say("drift", state, core, onset, index, statistic);
    clearEvidence(core);
    state.since = index + 1;
    state.warned = false;
    state.values = createSegments();
    state.open = { index, onset, needed: Math.max(500, 2 * (index - onset.index)), loud: index, again: 0 };
    return draft;
  };

  const whileOpen = (
    state: CalibratedKey,
    core: Core,
    x: number,
    time: number | null,
    index: number,
    statistic: number,
    ratio: number,
  ): Outcome => {
    const open = state.open!;
    collect(state.values!, x, time);
    keepNewest(state.values!, each * first);
    if (adaptAfter !== null && index - open.index >= adaptAfter && lengthOf(state.values!) >= each * first) {
      begin(state, index + 1, 0);
      return { ratio, signals: [closing("adapted", "The recent past is the new normal now."), learnt(state)] };
    }
    // Below a tenth is quiet; where the promise is short the statistic passes that by chance all the time.
    const threshold = thresholdOf(state);
    if (statistic >= Math.max(threshold / 10, Math.min(threshold / 2, 1000))) open.loud = index;
    if (statistic >= threshold) {
      open.again++;
      clearEvidence(core);
      state.since = index + 1;
    } else if (index - open.loud >= open.needed) {
      close(state, core, index + 1);
      return { ratio, signals: [closing("recovered", "Values are as they were before the alarm.")] };
    }
    return { ratio, signals: NO_SIGNALS };
  };

  const close = (state: CalibratedKey, core: Core, next: number): void => {
    clearEvidence(core);
    state.since = next;
    state.values = null;
    state.open = null;
  };

  const say = (
    kind: string,
    state: CalibratedKey,
    core: Core,
    onset: Onset,
    index: number,
    statistic: number,
  ): SignalDraft => {
    const before = sideBefore(core, state.white);
    const after = sideAfter(recentOf(core, state.white, onset.index, index));
    const { direction, shares } = directionOf(core);
    const season = state.white && state.white.harmonics > 0 ? " These figures include the season." : "";
    const slow =
      index - onset.index >= SLOW && onset.low < onset.index
        ? ` If it grew slowly, it began nearer event ${place(onset.low)}.`
        : "";
    const told = `${sentence(direction, onset, before, after)}${slow}${season}`;
    return {
      kind,
      onset,
      statistic,
      threshold: thresholdOf(state),
      summary: kind === "warning" ? `A change may be beginning. ${told}` : told,
      explanation: explain(direction, shares, before, after),
    };
  };

  const command = (state: CalibratedKey, { kind }: Command): readonly SignalDraft[] => {
    const { core, open } = state;
    if (core === null || kind === "acknowledge") return NO_SIGNALS;
    if (kind === "false-alarm" && open !== null) {
      unsettle(core, open.onset.index, open.index);
      close(state, core, state.events);
    }
    if (kind === "adapt") {
      state.values ??= createSegments();
      if (lengthOf(state.values) >= each * first) {
        begin(state, state.events, 0);
        return [learnt(state)];
      } else {
        // Not enough yet: learning goes on from what came since the alarm.
        state.random = state.random.slice(0, 4);
        state.core = null;
        state.white = null;
        state.open = null;
        state.warned = false;
      }
    }
    return NO_SIGNALS;
  };

  return {
    recovers: true,
    init: (key, past = 0) => ({
      random: createRandom(settings.seed, key),
      events: -past,
      core: null,
      white: null,
      hints: 0,
      hiddenPeriod: 0,
      values: null,
      since: 0,
      warned: false,
      open: null,
      began: null,
      perDay: null,
      promise: null,
    }),
    begin(state, key) {
      state.random.set(createRandom(settings.seed, key));
    },
    step: (batch) =>
      batch.map(({ state, event, time, promise }) => {
        if (promise !== undefined) state.promise = promise;
        return step(state, event, time);
      }),
    command,
    status: statusOf,
    inspect: (state) => inspectKey(state, settings, inDays && state.perDay === null ? null : thresholdOf(state)),
    save: (states) => states.map(saveKey),
    load: (snapshots) => snapshots.map(loadKey),
  };
}

/** Whitened residuals overrate nothing; measured, this share of the promise keeps it. */
const WHITENED = 0.8;

/** Events from the onset to the alarm from which on it is said what its interval says: the change may as well have grown. */
const SLOW = 200;

const UNTIMED: Outcome = Object.freeze({
  ratio: 0,
  signals: NO_SIGNALS,
  reject: Object.freeze({
    reason: "missing-field",
    detail: "options.season needs the time of each event; name its place in fields.time.",
  } as const),
});

const LEARNING: Outcome = Object.freeze({ ratio: 0, signals: NO_SIGNALS });

function closing(kind: string, summary: string): SignalDraft {
  return { kind, onset: null, statistic: null, threshold: null, summary, explanation: {}, episodeOf: "drift" };
}
