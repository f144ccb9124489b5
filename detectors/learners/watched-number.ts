import { z } from "zod";
import type { Detector, Example, GaugeSpec, Model, Outcome, StepItem } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Rejection } from "../../engine/rejection.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { calibratedModel } from "../numeric/calibrated-model.ts";
import type { CalibratedKey } from "../numeric/calibrated-state.ts";
import { loadKey, saveKey } from "../numeric/snapshot.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import { promisedBy } from "../statistics/promised.ts";

/**
 * A detector whose events give a number now and then (a conversation that ended, a turn's ratio), which the calibrated core
 * watches. What stands here is all that differs: how events become numbers, and what else is worth knowing.
 */
export interface WatchedNumber<Event, Own> {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly source: string;
  readonly event: Detector<Event>["event"];
  /** Subject of the sentence that tells a change: "The slope of instruction scores". */
  readonly subject: string;
  /** What gives one number: "turns", "conversations". */
  readonly unit: string;
  /** Numbers are 0 and 1. */
  readonly bits: boolean;
  readonly reference: number;
  /** Field that names what a key has many of. */
  readonly within?: string;
  readonly reads?: Detector<Event>["reads"];
  readonly gauges: readonly GaugeSpec[];
  start(): Own;
  /** Numbers that are complete with this event; must leave `own` as it is when it rejects. `heard`: events so far. */
  take(own: Own, event: Event, time: number | null, heard: number): readonly number[] | Rejection;
  /** What else is known: gauges (declared above) and details. */
  tell(own: Own): { readonly gauges: Record<string, number>; readonly details: Record<string, unknown> };
  save(own: Own, w: Writer): void;
  /** `version` of the snapshot: VERSION or an older one. */
  load(r: Reader, version: number): Own;
  readonly example: Omit<Example<Event>, "options" | "falseAlarms">;
}

const options = z.strictObject({
  dependence: z
    .enum(["none", "auto"])
    .default("none")
    .describe("auto: dependence of the numbers on those before is learnt and taken out."),
});

type Options = z.output<typeof options>;

export interface WatchedState<Own> {
  readonly own: Own;
  readonly core: CalibratedKey;
  /** Accepted events. */
  index: number;
  /** Events at which the last numbers were complete, by their number modulo the length. */
  readonly completed: Float64Array;
}

const RECENT = 256;
const PROMISE = 10_000;
const LEAST = 100;
const VERSION = 2;

export function watchedNumber<Event, Own>(w: WatchedNumber<Event, Own>): Detector<Event, Options, WatchedState<Own>> {
  const prefix = w.name.replaceAll("-", "_");
  const common: readonly GaugeSpec[] = [
    { name: `${prefix}_mean`, help: `${w.subject}: mean of the recent ${w.unit}.` },
    { name: `${prefix}_reference_mean`, help: `${w.subject}: mean of the reference.` },
  ];
  return {
    name: w.name,
    version: VERSION,
    title: w.title,
    summary: w.summary,
    source: w.source,
    event: w.event,
    options,
    reference: { first: w.reference, least: LEAST, unit: w.unit },
    falseAlarms: PROMISE,
    // Its statistic grows by 1 a number in the mean, and numbers are not more than events: what is promised of events holds.
    sharesPromise: true,
    ...(w.within === undefined ? {} : { within: w.within }),
    ...(w.reads === undefined ? {} : { reads: w.reads }),
    gauges: [...common, ...w.gauges],
    signals: [
      { kind: "drift", severity: "warning", episode: "opens", help: `${w.subject} changed.` },
      { kind: "warning", severity: "info", episode: "none", help: "A change may be beginning; no promise." },
      {
        kind: "learnt",
        severity: "info",
        episode: "none",
        help: "A reference is learnt: what can be promised and seen.",
      },
      { kind: "recovered", severity: "info", episode: "closes", help: "It is as before again." },
    ],
    open(settings) {
      const model = calibratedModel({
        first: settings.reference?.first ?? w.reference,
        promised: promisedBy(settings, PROMISE),
        dependence: settings.options.dependence,
        seasons: [],
        adaptAfter: null,
        seed: settings.seed,
      });
      return openWatched(w, model, prefix);
    },
    example: { ...w.example, options: {} },
  };
}

function openWatched<Event, Own>(
  w: WatchedNumber<Event, Own>,
  model: Model<{ value?: number; error?: 0 | 1 }, CalibratedKey>,
  prefix: string,
): Model<Event, WatchedState<Own>> {
  const ratioNow = ({ core }: WatchedState<Own>): number => {
    const { statistic, threshold } = model.inspect(core);
    return statistic !== null && threshold ? statistic / threshold : 0;
  };
  const one = ({ state, event, time, promise }: StepItem<Event, WatchedState<Own>>): Outcome => {
    const numbers = w.take(state.own, event, time, state.index);
    if ("reason" in numbers) return { ratio: ratioNow(state), signals: [], reject: numbers };
    const index = state.index++;
    if (numbers.length === 0) return { ratio: ratioNow(state), signals: [] };
    const signals: SignalDraft[] = [];
    let ratio = 0;
    for (const number of numbers) {
      state.completed[((state.core.events % RECENT) + RECENT) % RECENT] = index;
      const given = w.bits ? { error: number as 0 | 1 } : { value: number };
      const item = { state: state.core, event: given, time, ...(promise === undefined ? {} : { promise }) };
      const [outcome] = model.step([item]) as readonly Outcome[];
      ratio = Math.max(ratio, outcome!.ratio);
      for (const draft of outcome!.signals) signals.push(reword(draft, state));
    }
    return { ratio, signals };
  };

  /** The core counts numbers, the key counts events. */
  const place = ({ completed, core, index }: WatchedState<Own>, number: number): number => {
    const oldest = Math.max(core.events - RECENT, 0);
    const at = completed[Math.max(number, oldest) % RECENT]!;
    return Math.min(index - 1, at);
  };

  const reword = (draft: SignalDraft, state: WatchedState<Own>): SignalDraft => {
    if (draft.onset === null) return draft;
    const { index, low, high } = draft.onset;
    const onset = { index: place(state, index), low: place(state, low), high: place(state, high) };
    const { before, after } = draft.explanation as { before: { mean: number }; after: { mean: number } };
    const ago = state.core.events - index;
    const told = `${w.subject} changed about ${ago} ${w.unit} ago: ${short(after.mean)} on average, before ${short(before.mean)}.`;
    return {
      ...draft,
      onset,
      summary: draft.kind === "warning" ? `A change may be beginning. ${told}` : told,
      explanation: { ...draft.explanation, ...w.tell(state.own).details, [w.unit]: ago },
    };
  };

  return {
    recovers: true,
    init: (key, past = 0) => ({
      own: w.start(),
      core: model.init(key),
      index: 0 - past,
      completed: new Float64Array(RECENT),
    }),
    begin: (state, key) => model.begin?.(state.core, key),
    step: (batch) => batch.map(one),
    command: (state, command) => (model.command?.(state.core, command) ?? []).map((draft) => reword(draft, state)),
    inspect(state) {
      const inspected = model.inspect(state.core);
      const { gauges, details } = w.tell(state.own);
      const { numeric_mean: mean, numeric_reference_mean: normal } = inspected.gauges;
      return {
        ...inspected,
        gauges: {
          ...(mean === undefined ? {} : { [`${prefix}_mean`]: mean }),
          ...(normal === undefined ? {} : { [`${prefix}_reference_mean`]: normal }),
          ...gauges,
        },
        details: {
          ...inspected.details,
          ...details,
          promise: { ...(inspected.details.promise as object), unit: w.unit },
        },
      };
    },
    save: (states) =>
      states.map((state) => {
        const core = saveKey(state.core);
        const out = createWriter(core.running.length + 4096);
        out.u32(core.version);
        out.array(core.running);
        out.f64(state.index);
        out.array(state.completed);
        w.save(state.own, out);
        return { version: VERSION, running: out.done(), parts: core.parts };
      }),
    load: (snapshots) =>
      snapshots.map(({ version, running, parts }) => {
        if (version < 1 || version > VERSION)
          throw new TidegaugeError("SNAPSHOT_UNREADABLE", { detector: w.name, version, known: VERSION });
        const r = createReader(running);
        const ofCore = r.u32();
        const core = loadKey({ version: ofCore, running: r.bytes(), parts });
        const index = r.f64();
        return { core, index, completed: r.f64s(), own: w.load(r, version) };
      }),
  };
}

function short(x: number): string {
  return String(Number(x.toPrecision(3)));
}
