import type { ZodObject, ZodType } from "zod";
import type { Rejection } from "./rejection.ts";
import type { Severity, SignalDraft } from "./signal.ts";
import type { Tensors } from "./tensors.ts";

/**
 * A detector: a pure online learner with everything that is to be known about it.
 * Config schema, docs page, metrics, page and contract tests follow from this value.
 */
export interface Detector<Event = unknown, Options = unknown, State = unknown> {
  /** Kebab-case: config key, metric label, docs anchor. */
  readonly name: string;
  /** Version of its snapshots. */
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  /** Paper or origin. */
  readonly source: string;
  /** Strict zod object of the event's own fields (id, time and key are the engine's). Field names = config `fields`. */
  readonly event: ZodObject & ZodType<Event>;
  /** Fields of the event that are read from the record's bytes, where it is JSON and large: see FieldReader. */
  readonly reads?: Readonly<Record<string, FieldReader>>;
  /** Strict zod object of `options`; every field with default and description. */
  readonly options: ZodType<Options>;
  /** Names of options that change nothing of what was learnt: they may change without a reset. */
  readonly freeOptions?: readonly string[];
  /** Reference length R learnt from the first events (or what `unit` names) unless configured; null: this detector has no reference. */
  readonly reference: { readonly first: number; readonly least: number; readonly unit?: string } | null;
  /** Field of the event that names what a key has many of (conversations of a fleet): keyed by it, each key would have one. */
  readonly within?: string;
  /** Promised events between false alarms per kind unless configured; null: no promise can be made. */
  readonly falseAlarms: number | null;
  /** Whether its keys can share one promise: true where its models heed `promise` of an item, else why not, a clause. */
  readonly sharesPromise?: true | string;
  /** Markdown of its reference page, with headings of the second level: what a user must know to set it up. */
  readonly guide?: string;
  readonly gauges: readonly GaugeSpec[];
  readonly signals: readonly SignalSpec[];
  /** Refuses combinations of settings with a sentence (what, what to do), or null. */
  check?(settings: Settings<Options>): string | null;
  open(settings: Settings<Options>, env: Environment): Model<Event, State> | Promise<Model<Event, State>>;
  /** Its work in two places, where a key is more than one member's. Absent: it cannot be parted. */
  readonly stages?: Stages<Event, Options, State>;
  readonly example: Example<Event>;
}

/**
 * A detector of many small things (conversations) under a key that learns from what each leaves. The first stage steps events
 * on whichever partition they come and has a state per key and partition; the second steps what they hand over, gathered by
 * key. Both stages' states are saved, loaded and inspected alike.
 */
export interface Stages<Event = unknown, Options = unknown, State = unknown> {
  /** Strict zod object of what is handed over: the second stage's event, as JSON. */
  readonly handed: ZodObject & ZodType;
  /** Refuses settings that two stages cannot keep with a sentence, or null. */
  check?(settings: Settings<Options>): string | null;
  open(settings: Settings<Options>): {
    readonly first: Model<Event, State> & {
      /** Takes over what the key's second stage has learnt. Must not change which events hand over. */
      adopt(state: State, second: State): void;
    };
    // biome-ignore lint/suspicious/noExplicitAny: its event is what `handed` makes.
    readonly second: Model<any, State>;
  };
}

/**
 * Reads a field's JSON value from byte `at` of a record on, for fields whose values cost more to build than to use: what it
 * makes of it (which the event's schema takes as it is) and the first byte after it. Null: not as expected, it is read as JSON
 * and told by the schema. The bytes are valid UTF-8 and not its own.
 */
export type FieldReader = (bytes: Uint8Array, at: number) => { readonly value: unknown; readonly end: number } | null;

export interface GaugeSpec {
  /** snake_case; exported as tidegauge_<name>. */
  readonly name: string;
  readonly help: string;
}

export interface SignalSpec {
  /** snake_case. */
  readonly kind: string;
  readonly severity: Severity;
  /** What it does to the key's episodes. */
  readonly episode: "opens" | "updates" | "closes" | "none";
  readonly help: string;
}

/** A monitor's configuration as its detector sees it. */
export interface Settings<Options> {
  readonly options: Options;
  /** As configured; null when the user said nothing: the detector then takes its own default, if it has one. */
  readonly reference: { readonly first: number } | null;
  /** Events between false alarms of each kind, as configured; null when the user said nothing: as above. */
  readonly promise: number | null;
  /** Days of event time instead: the detector makes events of them by the key's rate when its reference is learnt. */
  readonly promiseDays?: number | null;
  /** Keys share one promise: it comes with each item, what is said here is where it begins. */
  readonly shared?: boolean;
  /** Seed of the monitor; a key's generator is seeded by it and the key. */
  readonly seed: number;
}

/** All that a detector may know of the outside. */
export interface Environment {
  readonly tensors: Tensors;
  readonly embedder: Embedder;
}

/** `hash`: the detector fits its own encoder on the reference. `none`: events bring embeddings. Else texts are embedded outside. */
export type Embedder =
  | { readonly kind: "hash" }
  | { readonly kind: "none" }
  | {
      readonly kind: "external";
      /** Part of the reference's identity: another model needs a new reference. */
      readonly identity: string;
      readonly dim: number;
      /** texts → row-major [texts.length, dim], unit vectors. */
      embed(texts: readonly string[]): Promise<Float32Array>;
      /** Its vector of one fixed text, where the identity does not name the weights; null before it was asked. */
      fingerprint?(): Float32Array | null;
    };

export interface StepItem<Event, State> {
  readonly state: State;
  readonly event: Event;
  /** Event time in epoch milliseconds, or null. Never the wall clock. */
  readonly time: number | null;
  /** What prepare() returned for this event, if the model has it. */
  readonly prepared?: unknown;
  /** Where keys share one promise: events between false alarms to keep now, instead of the settings'. */
  readonly promise?: number;
}

/** An open detector. States are created here, stepped in place, saved and loaded; nothing else touches them. */
export interface Model<Event = unknown, State = unknown> {
  /** `past`: events that will teach it before its stream begins (default 0): indices start at −past, the stream's at 0. */
  init(key: string, past?: number): State;
  /**
   * Makes a state that was taught apart from its stream this key's own: it draws its own random numbers, and forgets what
   * only neighbours in one stream share (repeats, sessions).
   */
  begin?(state: State, key: string): void;
  /**
   * Work that does not depend on the running state (encoding, nearest neighbours), once for a whole batch, in stream
   * order, a key any number of times. States are read only. A later step must not trust what a learnt reference since made stale.
   */
  prepare?(
    batch: readonly Omit<StepItem<Event, State>, "prepared">[],
  ): readonly unknown[] | Promise<readonly unknown[]>;
  /**
   * Stream order, each key at most once per call. Owns the states and may write in place; keeps no event. A rejection with
   * a retryable TidegaugeError means that no state was changed: the same call comes again.
   */
  step(batch: readonly StepItem<Event, State>[]): readonly Outcome[] | Promise<readonly Outcome[]>;
  /** Applies a person's command. */
  command?(state: State, command: Command): readonly SignalDraft[];
  /** The status of inspect(), cheaply: asked for every changed state at every checkpoint. */
  status?(state: State): Inspection["status"];
  /** For metrics, API and page; pure. */
  inspect(state: State): Inspection;
  save(states: readonly State[]): readonly Snapshot[] | Promise<readonly Snapshot[]>;
  /** Every older version too, else SNAPSHOT_UNREADABLE. */
  load(snapshots: readonly Snapshot[]): readonly State[] | Promise<readonly State[]>;
  /**
   * How well it predicted each accepted event before learning from it, over all keys since open(): fractions and mean
   * losses by name, for the summary of a backtest; null while there was nothing to predict.
   */
  prequential?(): Readonly<Record<string, number>> | null;
  /** A recorded stream has ended (a backtest; never in a live service): last words. */
  finish?(state: State): readonly SignalDraft[];
  /** False: it never says recovered; the engine closes episodes after quietEvents. */
  readonly recovers: boolean;
  /** Frees what eviction leaves. */
  release?(states: readonly State[]): void;
  close?(): void;
}

export interface Outcome {
  /** Highest statistic over its threshold among the alarm kinds after this event; 0 while learning. 1 or more is an alarm. */
  readonly ratio: number;
  readonly signals: readonly SignalDraft[];
  /** Of a first stage: what its key's second stage gets, JSON objects in order. */
  readonly handOver?: readonly object[];
  /** The event was not accepted and the state is unchanged; the engine writes the dead letter. */
  readonly reject?: Rejection;
}

export const NO_SIGNALS: readonly SignalDraft[] = Object.freeze([]);

/**
 * acknowledge: a person has seen the open episode. adapt: the recent past is the new normal. false-alarm: it was none.
 */
export interface Command {
  readonly kind: "acknowledge" | "adapt" | "false-alarm";
}

export interface Inspection {
  readonly status: "learning" | "steady" | "warning" | "drifting";
  readonly statistic: number | null;
  readonly threshold: number | null;
  /** One finite number per declared gauge that has a value now. */
  readonly gauges: Readonly<Record<string, number>>;
  /** While learning: events seen and wanted. */
  readonly learning?: { readonly seen: number; readonly wanted: number };
  /** JSON for the page and the API (what it learnt, the promise, warnings in words). */
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * A state as data. `running` is small and written at every checkpoint. `parts` never change once made (a reference,
 * weights, closed segments of a log): they are written once under their content hash.
 */
export interface Snapshot {
  readonly version: number;
  readonly running: Uint8Array;
  readonly parts: readonly Part[];
}

export interface Part {
  /** Hex of the content; make parts with makePart() and keep them, so that each is hashed once. */
  readonly hash: string;
  readonly bytes: Uint8Array;
  /** Bytes that it takes in memory where that is more: what is unpacked of it counts. */
  readonly memory?: number;
}

/** Runs in the tests and is printed in the docs. */
export interface Example<Event> {
  readonly options: Readonly<Record<string, unknown>>;
  readonly reference?: { readonly first: number };
  readonly falseAlarms?: { readonly events: number };
  /** A short deterministic stream of events. */
  events(): Iterable<Event>;
  /** What the stream must raise: kind and index, in order, of the alarm kinds (opens). */
  readonly alarms: readonly { readonly kind: string; readonly index: number }[];
}
