import type { Part } from "../../engine/detector.ts";
import type { ModelSums, Slot } from "../../engine/model-bank.ts";
import { type Features, featuresOf } from "../learners/features.ts";
import type { Reader, Writer } from "../statistics/bytes.ts";
import type { Context } from "./context.ts";
import type { Path } from "./displacement.ts";
import type { Inputs } from "./inputs.ts";
import { createLearner, type Follower, type Learner } from "./learner.ts";
import { createReplay, type Replay } from "./replay.ts";
import { createSample, type Sample } from "./sample.ts";

/** The models whose sums a snapshot holds, in its order. */
export function slotsOf({ fast, slow, watch }: Learner): Slot[] {
  return [fast.slot, slow.slot, ...(watch.replay === null ? [] : [watch.replay.slot])];
}

export function sampleOf({ watch }: Learner): Sample | null {
  return watch.sample;
}

export function writeLearner(w: Writer, learner: Learner, sums: readonly ModelSums[]): void {
  const { target, fast, slow, ring, trail, gap, watch, fading, chart } = learner;
  w.u8((target.classes ? 1 : 0) + (target.guessed ? 2 : 0));
  w.u32(target.names.length);
  for (const name of target.names) w.text(name);
  for (const n of [target.mean, target.spread, learner.learnt, learner.condition]) w.f64(n);
  for (const model of [fast, slow]) {
    w.array(model.weights);
    w.f64(model.at);
    w.f64(model.worth);
  }
  w.array(learner.frozen);
  w.array(ring.z);
  w.array(ring.labels);
  writePath(w, learner.path);
  w.array(trail.index);
  for (const one of [trail.loss, trail.error, trail.label]) w.array(one);
  w.array(gap.sums);
  for (const n of [gap.moving, gap.loss, gap.holdUntil]) w.f64(n);
  const { usual } = gap;
  for (const n of [usual.count, usual.sum, usual.squares, usual.blocks, usual.mean, usual.variance, usual.square])
    w.f64(n);
  w.array(Float64Array.from(usual.waiting));
  for (const n of [watch.moved, watch.threshold, watch.block]) w.f64(n ?? Number.NaN);
  for (const n of [fading.score, fading.fast, fading.frozen, fading.weight]) w.f64(n);
  w.u32(chart.stride);
  w.array(Float64Array.from(chart.points.flatMap(({ index, value }) => [index, value])));
  w.u8((watch.sample === null ? 0 : 1) + (watch.replay === null ? 0 : 2));
  if (watch.sample !== null) w.array(watch.sample.open.subarray(0, watch.sample.used * watch.sample.width));
  if (watch.replay !== null) writeReplay(w, watch.replay);
  for (const one of sums) writeSums(w, one);
}

export function loadLearner(r: Reader, inputs: Inputs, parts: readonly Part[], context: Context): Learner {
  const features = context.featuresFor(inputs.count);
  const bank = context.bankFor(features.length);
  const flags = r.u8();
  const names = Array.from({ length: r.u32() }, () => r.text());
  const target = {
    classes: (flags & 1) !== 0,
    guessed: (flags & 2) !== 0,
    names,
    mean: r.f64(),
    spread: r.f64(),
  };
  const learner = createLearner(bank, features, target, context.options);
  learner.learnt = r.f64();
  learner.condition = r.f64();
  for (const model of [learner.fast, learner.slow]) readFollower(r, model);
  learner.frozen = r.f64s();
  learner.ring.z.set(r.f64s());
  learner.ring.labels.set(r.f64s());
  fillRows(features, learner.ring.z, learner.ring.rows, Math.min(learner.learnt, learner.ring.length));
  learner.path.copies = readPath(r).copies;
  const { trail, gap, watch, fading, chart } = learner;
  trail.index.set(r.f64s());
  for (const one of [trail.loss, trail.error, trail.label]) one.set(r.f32s());
  gap.sums.set(r.f64s());
  gap.moving = r.f64();
  gap.loss = r.f64();
  gap.holdUntil = r.f64();
  const { usual } = gap;
  usual.count = r.f64();
  usual.sum = r.f64();
  usual.squares = r.f64();
  usual.blocks = r.f64();
  usual.mean = r.f64();
  usual.variance = r.f64();
  usual.square = r.f64();
  usual.waiting.push(...r.f64s());
  watch.moved = orNull(r.f64());
  watch.threshold = orNull(r.f64());
  watch.block = orNull(r.f64());
  fading.score = r.f64();
  fading.fast = r.f64();
  fading.frozen = r.f64();
  fading.weight = r.f64();
  chart.stride = r.u32();
  const points = r.f64s();
  for (let i = 0; i < points.length; i += 2) chart.points.push({ index: points[i]!, value: points[i + 1]! });
  const has = r.u8();
  if (has & 1) watch.sample = readSample(r, inputs.count + 1, parts);
  if (has & 2) {
    const { fast } = learner;
    const slot = bank.open({
      outputs: target.classes ? names.length : 1,
      decay: fast.decay,
      ridge: context.options.ridge,
    });
    watch.replay = readReplay(r, slot, features, learner.ring.length);
  }
  bank.write(learner.fast.slot, readSums(r));
  bank.write(learner.slow.slot, readSums(r));
  if (watch.replay !== null) bank.write(watch.replay.slot, readSums(r));
  return learner;
}

function readFollower(r: Reader, model: Follower): void {
  model.weights = r.f64s();
  model.at = r.f64();
  model.worth = r.f64();
}

/** Features follow from the inputs, to the bit; a place that was never filled stays zero. */
function fillRows(features: Features, z: Float64Array, rows: Float64Array, filled: number): void {
  for (let e = 0; e < filled; e++) {
    featuresOf(features, z.subarray(e * features.inputs, (e + 1) * features.inputs), rows, e * features.length);
  }
}

function writePath(w: Writer, { copies }: Path): void {
  w.u8(copies.length);
  for (const { at, weights } of copies) {
    w.f64(at);
    w.array(weights);
  }
}

function readPath(r: Reader): Path {
  return { copies: Array.from({ length: r.u8() }, () => ({ at: r.f64(), weights: r.f64s() })) };
}

function readSample(r: Reader, width: number, parts: readonly Part[]): Sample {
  const sample = createSample(width);
  const open = new Int16Array(r.bytes().buffer);
  sample.open.set(open);
  sample.used = open.length / width;
  sample.closed = parts;
  return sample;
}

function writeReplay(w: Writer, replay: Replay): void {
  w.array(replay.weights);
  writePath(w, replay.path);
  w.array(replay.z);
  for (const n of [replay.done, replay.next, replay.left, replay.block]) w.f64(n);
  for (const n of [replay.largest, replay.maxima, replay.sum, replay.squares]) w.f64(n);
}

function readReplay(r: Reader, slot: Slot, features: Features, ring: number): Replay {
  const weights = r.f64s();
  const path = readPath(r);
  const z = r.f64s();
  const [done, next, left, block] = [r.f64(), r.f64(), r.f64(), r.f64()];
  const replay = createReplay(slot, weights, features, ring, block);
  replay.path.copies = path.copies;
  replay.z.set(z);
  fillRows(features, z, replay.rows, Math.min(done, ring));
  replay.done = done;
  replay.next = next;
  replay.left = left;
  replay.largest = r.f64();
  replay.maxima = r.f64();
  replay.sum = r.f64();
  replay.squares = r.f64();
  return replay;
}

function writeSums(w: Writer, { outputs, scale, gram, moments }: ModelSums): void {
  w.u32(outputs);
  w.f64(scale);
  w.array(gram);
  w.array(moments);
}

function readSums(r: Reader): ModelSums {
  return { outputs: r.u32(), scale: r.f64(), gram: r.f64s(), moments: r.f64s() };
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}
