import type { BankLimits } from "./bank.ts";
import type { BeforeDecode, Decode } from "./decode.ts";
import type { Detector, Model } from "./detector.ts";
import type { Reason } from "./rejection.ts";
import type { Rekey } from "./rekey.ts";
import type { Route } from "./route.ts";
import type { SharedPromise } from "./shared-promise.ts";
import type { Severity, Signal } from "./signal.ts";
import type { Teacher } from "./teacher.ts";

/** One configured monitor, opened: what its lanes share. */
export interface Monitor {
  readonly run: string;
  readonly name: string;
  readonly detector: Detector;
  readonly model: Model;
  readonly decode: Decode;
  /** What decoding records [from, to) needs and is not here yet: schemas. Null or absent: nothing. */
  readonly beforeDecode?: BeforeDecode | null;
  /** Teaches keys before their first event; null: they learn from their own streams. */
  readonly teacher?: Teacher | null;
  /** Channels that hear its alarms, and which of them. */
  readonly routes: readonly Route[];
  /** Names of the channels that hear what its signals ask to deliver; absent: none. */
  readonly reminders?: readonly string[];
  /** `none`: a key may be on several partitions and has a state on each, shown as key@partition. */
  readonly order: "key" | "none";
  readonly from: "earliest" | "latest";
  /** Its events are keyed anew through an internal topic; absent: its lanes read the source. */
  readonly rekey?: Rekey;
  /** First of two stages: what its events hand over is gathered there. Its lanes read the source, `order` is none. */
  readonly gather?: { readonly rekey: Rekey; readonly adopt: Adopt };
  /** Second of two stages: what it accepts was handed over, and is no event of its own. */
  readonly gathered?: boolean;
  /** How late an event may be against its key's newest; null: nothing is late. */
  readonly allowedLatenessMs: number | null;
  /** Events whose ids a key remembers: one with such an id is passed over. Absent: none. */
  readonly dedupe?: number | undefined;
  /** Events without alarm that close an episode of a detector that never says recovered. */
  readonly quietEvents: number;
  readonly limits: BankLimits;
  readonly checkpoint: { readonly events: number; readonly ms: number };
  readonly counters: Counters;
  /** One promise over all keys; absent: each key keeps its own. */
  readonly shared?: SharedPromise;
  /** Sees every accepted event's evidence; a recorded stream's report is made of it. */
  readonly watch?: Watch;
  /** Hears each signal, and where the record that it is about stands in what its lane reads. */
  readonly heard?: Heard;
  /** Topic on which its dead letters are told too. */
  readonly deadLetterTopic?: string | null;
}

/** The state of a first stage takes over what its key's second stage has learnt. */
export type Adopt = (state: unknown, second: unknown) => void;

/** `index`: the key's accepted events before this one; `ratio`: statistic over threshold; `offset`: the record's. */
export type Watch = (key: string, index: number, time: number | null, ratio: number, offset: number) => void;

export type Heard = (signal: Signal, at: { readonly partition: number; readonly offset: number }) => void;

/** Since the start of this process. */
export interface Counters {
  consumed: number;
  accepted: number;
  /** Records written to the internal topic of a monitor that keys its events anew. */
  rekeyed: number;
  /** Of those that came from there, passed over: they were there before. */
  repeated: number;
  /** Records that the source's retention removed before they were read. */
  missed: number;
  /** Passed over: their ids had come before. */
  duplicates: number;
  rejected: Partial<Record<Reason, number>>;
  /** `${kind}\u0000${severity}` → count. */
  signals: Map<string, number>;
  /** As above → the newest signal, and the trace of its event. */
  exemplars: Map<string, Exemplar>;
  lastEventTime: number | null;
  lastDriftTime: number | null;
}

export function createCounters(): Counters {
  return {
    consumed: 0,
    accepted: 0,
    rekeyed: 0,
    repeated: 0,
    missed: 0,
    duplicates: 0,
    rejected: {},
    signals: new Map(),
    exemplars: new Map(),
    lastEventTime: null,
    lastDriftTime: null,
  };
}

export interface Exemplar {
  readonly signal: string;
  readonly trace: string | null;
}

export function countSignal(counters: Counters, kind: string, severity: Severity, exemplar: Exemplar): void {
  const name = `${kind}\u0000${severity}`;
  counters.signals.set(name, (counters.signals.get(name) ?? 0) + 1);
  counters.exemplars.set(name, exemplar);
}
