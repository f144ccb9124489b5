import type { Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { ModelSums } from "../../engine/model-bank.ts";
import type { Onset } from "../../engine/signal.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import type { Random } from "../statistics/random.ts";
import type { Context } from "./context.ts";
import type { Label } from "./event.ts";
import type { Inputs } from "./inputs.ts";
import { loadLearner, sampleOf, slotsOf, writeLearner } from "./learner-snapshot.ts";
import { NO_PARTS, type OpenAlarm, type State } from "./state.ts";

/** Version of the snapshots. */
export const VERSION = 1;

export function saveStates(states: readonly State[]): Snapshot[] | Promise<Snapshot[]> {
  const read = states.map(({ learner }) => {
    if (learner === null) return [];
    return learner.bank.read(slotsOf(learner));
  });
  const done = (sums: readonly (readonly ModelSums[])[]) => states.map((state, i) => save(state, sums[i]!));
  if (!read.some((one) => one instanceof Promise)) return done(read as (readonly ModelSums[])[]);
  return Promise.all(read).then(done);
}

function save(state: State, sums: readonly ModelSums[]): Snapshot {
  const { labels, waiting, warm, inputs, unknown, first, learner, open } = state;
  const w = createWriter(1024);
  for (const word of state.random) w.u32(word);
  for (const n of [state.events, state.past, labels.inputs, labels.learnt, labels.late, labels.delay, waiting.expired])
    w.f64(n);
  w.f64(unknown.events);
  w.f64(state.began ?? Number.NaN);
  w.f64(state.perDay ?? Number.NaN);
  w.u8((state.warned ? 1 : 0) + (state.adapting ? 2 : 0));
  w.u32(waiting.events.size);
  for (const [id, { index, z, predicted }] of waiting.events) {
    w.text(id);
    w.f64(index);
    w.f64(predicted);
    w.array(z);
  }
  w.u32(unknown.names.size);
  for (const [name, times] of unknown.names) {
    w.text(name);
    w.f64(times);
  }
  if (when(w, warm)) {
    writeTexts(w, warm!.names);
    w.u32(warm!.rows.length);
    for (const { index, id, values, y } of warm!.rows) {
      w.f64(index);
      if (when(w, id)) w.text(id!);
      w.array(Float64Array.from(values));
      writeLabel(w, y);
    }
  }
  if (when(w, inputs)) {
    writeTexts(w, inputs!.names);
    w.array(inputs!.mean);
    w.array(inputs!.spread);
  }
  if (when(w, first)) {
    w.u32(first!.length);
    for (const { index, z, y } of first!) {
      w.f64(index);
      w.array(z);
      writeLabel(w, y);
    }
  }
  if (when(w, learner)) writeLearner(w, learner!, sums);
  if (when(w, open)) writeOpen(w, open!);
  return {
    version: VERSION,
    running: w.done(),
    parts: learner === null ? NO_PARTS : (sampleOf(learner)?.closed ?? NO_PARTS),
  };
}

export function loadStates(snapshots: readonly Snapshot[], context: Context): State[] {
  return snapshots.map((snapshot) => load(snapshot, context));
}

function load({ version, running, parts }: Snapshot, context: Context): State {
  if (version !== VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", { detector: "lite-rvfl", version, known: VERSION });
  }
  const r = createReader(running);
  const random: Random = Uint32Array.of(r.u32(), r.u32(), r.u32(), r.u32());
  const events = r.f64();
  const past = r.f64();
  const labels = { inputs: r.f64(), learnt: r.f64(), late: r.f64(), delay: r.f64() };
  const expired = r.f64();
  const unknownEvents = r.f64();
  const began = orNull(r.f64());
  const perDay = orNull(r.f64());
  const flags = r.u8();
  const waiting = new Map(
    times(r.u32(), () => [r.text(), { index: r.f64(), predicted: r.f64(), z: r.f64s() }] as const),
  );
  const names = new Map(times(r.u32(), () => [r.text(), r.f64()] as const));
  const warm = r.u8()
    ? {
        names: readTexts(r),
        rows: times(r.u32(), () => ({
          index: r.f64(),
          id: r.u8() ? r.text() : null,
          values: [...r.f64s()],
          y: readLabel(r),
        })),
      }
    : null;
  const inputs = r.u8() ? readInputs(r) : null;
  const first = r.u8() ? times(r.u32(), () => ({ index: r.f64(), z: r.f64s(), y: readLabel(r)! })) : null;
  const learner = r.u8() ? loadLearner(r, inputs!, parts, context) : null;
  const open = r.u8() ? readOpen(r) : null;
  return {
    random,
    events,
    past,
    labels,
    waiting: { events: waiting, expired },
    warm,
    inputs,
    unknown: { names, events: unknownEvents },
    first,
    learner,
    open,
    warned: (flags & 1) !== 0,
    adapting: (flags & 2) !== 0,
    began,
    perDay,
  };
}

function readInputs(r: Reader): Inputs {
  const names = readTexts(r);
  const mean = r.f64s();
  return { names, count: mean.length, mean, spread: r.f64s() };
}

function writeOpen(w: Writer, open: OpenAlarm): void {
  const { index, low, high } = open.onset;
  for (const n of [open.index, index, low, high, open.startedAt, open.last, open.explainAt]) w.f64(n);
  w.f64(open.score ?? Number.NaN);
  w.u8((open.gap ? 1 : 0) + (open.displacement ? 2 : 0));
  w.array(open.before);
}

function readOpen(r: Reader): OpenAlarm {
  const index = r.f64();
  const onset: Onset = { index: r.f64(), low: r.f64(), high: r.f64() };
  const [startedAt, last, explainAt, score, flags] = [r.f64(), r.f64(), r.f64(), orNull(r.f64()), r.u8()];
  const before = r.f64s();
  return {
    index,
    onset,
    gap: (flags & 1) !== 0,
    displacement: (flags & 2) !== 0,
    startedAt,
    last,
    explainAt,
    before,
    score,
  };
}

function writeLabel(w: Writer, y: Label | null): void {
  w.u8(y === null ? 0 : typeof y === "number" ? 1 : 2);
  if (typeof y === "number") w.f64(y);
  else if (y !== null) w.text(y);
}

function readLabel(r: Reader): Label | null {
  const kind = r.u8();
  return kind === 0 ? null : kind === 1 ? r.f64() : r.text();
}

function writeTexts(w: Writer, texts: readonly string[] | null): void {
  if (!when(w, texts)) return;
  w.u32(texts!.length);
  for (const text of texts!) w.text(text);
}

function readTexts(r: Reader): string[] | null {
  return r.u8() ? times(r.u32(), () => r.text()) : null;
}

/** Marks whether something follows. */
function when(w: Writer, value: unknown): boolean {
  w.u8(value === null ? 0 : 1);
  return value !== null;
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

function times<T>(count: number, read: () => T): T[] {
  return Array.from({ length: count }, read);
}
