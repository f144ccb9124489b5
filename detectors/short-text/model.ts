import {
  type Environment,
  type Model,
  NO_SIGNALS,
  type Outcome,
  type Settings,
  type StepItem,
} from "../../engine/detector.ts";
import { isInDays, promisedBy, untimed } from "../statistics/promised.ts";
import { createRandom, hash32, uniform } from "../statistics/random.ts";
import { adapt, applyCommand } from "./command.ts";
import { hasLasted } from "./episode.ts";
import { sessionOf, type TextEvent, textOf } from "./event.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { inspectState } from "./inspect.ts";
import { finishLearning, type LearnContext } from "./learn.ts";
import { createLearning, roundVector } from "./learning.ts";
import { beginLineage, recordVersion } from "./lineage.ts";
import { nearlyRepeats } from "./near-repeats.ts";
import { observe, ratioOf } from "./observe.ts";
import type { Options } from "./options.ts";
import { disposeReference, releaseReference } from "./reference.ts";
import { isFresh, type Prepared, resolve, sourceOf } from "./resolve.ts";
import { loadState, type State, saveState } from "./state.ts";
import { sharePromise, type Watch } from "./watch.ts";

export const DEFAULT_PROMISE = 10_000;
export const DEFAULT_REFERENCE = 1500;

type Item = StepItem<TextEvent, State>;

export function openModel(settings: Settings<Options>, env: Environment): Model<TextEvent, State> {
  const { options } = settings;
  const how = { embedder: env.embedder, options };
  const context: LearnContext = {
    references: new Map(),
    tensors: env.tensors,
    options,
    promised: promisedBy(settings, DEFAULT_PROMISE),
    wanted: settings.reference?.first ?? DEFAULT_REFERENCE,
  };
  return {
    // The classic schemes know no way back.
    recovers: options.scheme === "calibrated" || options.scheme === "paper",
    init: (key, past) => createState(settings, key, past),
    begin: (state, key) => ownStream(state, settings.seed, key),
    prepare: (batch) => resolve(batch, how),
    step(batch) {
      const prepared = batch.map((item) => item.prepared as Prepared | undefined);
      const stale = batch.flatMap((item, i) =>
        prepared[i] !== undefined && isFresh(prepared[i]!, item, how) ? [] : [i],
      );
      const run = (resolved: readonly Prepared[]): Outcome[] | Promise<Outcome[]> => {
        stale.forEach((i, at) => {
          prepared[i] = resolved[at]!;
        });
        const outcomes = batch.map((item, i) => {
          const source = sourceOf(item, how);
          if (source === "external") item.state.fingerprint ??= fingerprintOf(env.embedder);
          return stepOne(item, prepared[i]!, source, context);
        });
        return outcomes.some((outcome) => outcome instanceof Promise) ? Promise.all(outcomes) : (outcomes as Outcome[]);
      };
      if (stale.length === 0) return run([]);
      const resolved = resolve(
        stale.map((i) => batch[i]!),
        how,
      );
      return resolved instanceof Promise ? resolved.then(run) : run(resolved);
    },
    command: (state, command) => applyCommand(state, command, context),
    inspect: (state) => inspectState(state, context),
    save: (states) => states.map(saveState),
    load: (snapshots) => snapshots.map((snapshot) => loadState(snapshot, context)),
    release(states) {
      for (const state of states) if (state.watch !== null) releaseReference(state.watch.reference, context.references);
    },
    close() {
      for (const reference of context.references.values()) disposeReference(reference);
      context.references.clear();
    },
  };
}

function createState({ seed, options }: Settings<Options>, key: string, past = 0): State {
  return {
    random: createRandom(seed, key),
    index: -past,
    source: null,
    dim: 0,
    repeats: new Uint32Array(options.repeats),
    learning: createLearning(),
    watch: null,
    lineage: beginLineage(past > 0 ? "file" : "first-events"),
    fingerprint: null,
  };
}

/** Taught from a file: its own stream begins, in which the file's last texts and conversations do not stand. */
function ownStream(state: State, seed: number, key: string): void {
  state.random.set(createRandom(seed, key));
  state.repeats.fill(0);
  state.watch?.sessions.clear();
}

function stepOne(
  item: Item,
  prepared: Prepared,
  source: State["source"],
  context: LearnContext,
): Outcome | Promise<Outcome> {
  const { state, event } = item;
  if (prepared.rejection !== null) return { ratio: ratioNow(state), signals: NO_SIGNALS, reject: prepared.rejection };
  if (isInDays(context.promised)) {
    const { learning } = state;
    const completes = learning !== null && learning.seen >= context.wanted - 1;
    const reject = untimed(item.time, completes, learning?.kept[0]?.time ?? null);
    if (reject !== null) return { ratio: ratioNow(state), signals: NO_SIGNALS, reject };
  }
  const text = textOf(event, context.options);
  const session = sessionOf(event);
  const index = state.index;
  state.index += 1;
  state.source = source;
  const repeat = isRepeat(
    state,
    index,
    text === "" && prepared.vector !== null ? hashVector(prepared.vector) : hash32(text),
  );
  if (state.watch === null) {
    uniform(state.random);
    const learning = state.learning!;
    learning.seen += 1;
    if (prepared.vector !== null) state.dim = prepared.vector.length;
    if (!repeat) {
      const vector = prepared.vector === null ? null : roundVector(prepared.vector);
      learning.kept.push({ text, vector, session, index, time: item.time });
    }
    const begun = finishLearning(learning, state.source!, { index, time: item.time }, state.random, context);
    if (begun instanceof Promise) return begun.then((watch) => begin(state, watch, item.time));
    return begun === null ? LEARNING : begin(state, begun, item.time);
  }
  if (item.promise !== undefined) sharePromise(state.watch, item.promise, context.options);
  const { vector, score, cluster, region } = prepared;
  const again =
    repeat || (state.watch.reference.facts.repetitive === true && nearlyRepeats(state.watch, vector!, prepared, index));
  const seen = { index, time: item.time, text, session, repeat: again, vector: vector!, score, cluster, region };
  const outcome = observe(state.watch, seen, state.random, context);
  const { adaptAfter } = context.options;
  if (adaptAfter === null || !hasLasted(state.watch.episodes, index, adaptAfter)) return outcome;
  const why = `The change has lasted ${adaptAfter} events (adaptAfter)`;
  return { ...outcome, signals: [...outcome.signals, ...adapt(state, state.watch, context, why, "adapt-after")] };
}

function begin(state: State, watch: Watch, time: number | null): Outcome {
  state.watch = watch;
  state.lineage = recordVersion(state.lineage, watch.reference, time);
  state.learning = null;
  return LEARNING;
}

const LEARNING: Outcome = { ratio: 0, signals: NO_SIGNALS };

function ratioNow({ watch }: State): number {
  return watch === null ? 0 : ratioOf(watch);
}

/** Whether the same came within the last events; remembers it. */
function isRepeat(state: State, index: number, hash: number): boolean {
  const { repeats } = state;
  if (repeats.length === 0) return false;
  // 0 marks an empty place.
  const mark = hash === 0 ? 1 : hash;
  const repeat = repeats.indexOf(mark) >= 0;
  const { length } = repeats;
  // Before the stream indices are below 0.
  repeats[((index % length) + length) % length] = mark;
  return repeat;
}

function hashVector(vector: Float32Array): number {
  const bits = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
  let h = 0x811c9dc5;
  for (let i = 0; i < bits.length; i++) h = Math.imul(h ^ bits[i]!, 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}
