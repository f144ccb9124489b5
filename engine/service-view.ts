import type { Detector, Inspection } from "./detector.ts";
import type { Exemplar } from "./monitor.ts";
import type { Reason } from "./rejection.ts";
import type { Severity } from "./signal.ts";
import type { StoredState } from "./store.ts";

/** The running engine as the API, the page and the metrics see it: read only, cheap, never waits for the stream. */
export interface ServiceView {
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly version: string;
  readonly build: BuildInfo;
  readonly backend: BackendInfo;
  /** Names of the configured alert channels. */
  readonly channels: readonly string[];
  /** Of those the ones that keep failing and are only probed. */
  brokenChannels?(): readonly string[];
  /** In the order of the configuration; the same objects each time, their fields are live. */
  monitors(): readonly MonitorView[];
  /** Not ok: starting, a store that does not answer, draining. Reasons are sentences. */
  ready(): { readonly ok: boolean; readonly reasons: readonly string[] };
  /** Called after each commit of this process that wrote signals or notifications. Returns the way to stop listening. */
  onCommit(listener: () => void): () => void;
}

export interface BuildInfo {
  /** Commit of the source, or "" where it is not known. */
  readonly revision: string;
  readonly node: string;
}

export interface BackendInfo {
  readonly backend: string;
  readonly device: string;
  readonly gpu: boolean;
}

/** What teaches a monitor's keys: their first events, or a file, each key its own lines or all keys the whole of it. */
export interface ReferenceFacts {
  readonly first: number;
  /** What `first` counts; absent: events. */
  readonly unit?: string;
  readonly file?: string;
  readonly scope?: "key" | "monitor";
}

export interface MonitorView {
  readonly name: string;
  readonly detector: Detector;
  /** For people: "kafka topic utterances". */
  readonly sourceDescription: string;
  /** Its events come by POST /api/v1/monitors/{name}/events. */
  readonly acceptsEvents: boolean;
  readonly run: string;
  readonly state: "starting" | "running" | "halted" | "ended";
  /** Why it is halted, a sentence. */
  readonly error: string | null;
  /** Promised events between false alarms of each kind, or null. */
  readonly promise: number | null;
  readonly reference: ReferenceFacts | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly counters: MonitorCounters;
  /** Accepted and rejected events per second over about the last 10 s of wall clock; null before it is known. */
  readonly eventRate: number | null;
  /** Event time of the newest event, epoch milliseconds. */
  readonly lastEventTime: number | null;
  /** Event time of the newest signal that opened an episode (wall clock where events carry no time). */
  readonly lastDriftTime: number | null;
  readonly lanes: readonly LaneView[];
  readonly keysInMemory: number;
  /** Keys in memory, no particular order. Cheap: nothing is inspected until asked. Do not keep what it yields. */
  keys(): Iterable<LiveKey>;
  key(key: string): LiveKey | null;
  /** Partition of one of `lanes` on which a key is, whatever partition its events came from. Absent: those of its events. */
  homeOf?(key: string): { readonly topic: string; readonly partition: number } | null;
  /** Of a key that only the store has. */
  inspectStored(state: StoredState): Promise<Inspection>;
  /** What decoding would say of these bodies (without position, state or lateness). */
  validate(bodies: readonly Uint8Array[]): ValidationCounts;
  /** New inbox rows or commands are there: do not wait for the next poll. */
  poke(): void;
}

/** Since this process started. */
export interface MonitorCounters {
  readonly consumed: number;
  /** Written to the internal topic of a monitor that keys its events anew. Absent: none. */
  readonly rekeyed?: number;
  /** Of those that came from there, passed over: they were there before. Absent: none. */
  readonly repeated?: number;
  /** Removed by retention before they were read. Absent: none. */
  readonly missed?: number;
  /** Passed over: their ids had come before. Absent: none. */
  readonly duplicates?: number;
  readonly accepted: number;
  readonly rejected: Readonly<Partial<Record<Reason, number>>>;
  readonly signals: readonly {
    readonly kind: string;
    readonly severity: Severity;
    readonly count: number;
    /** The newest of them. */
    readonly exemplar?: Exemplar | undefined;
  }[];
}

export interface LiveKey {
  readonly key: string;
  /** Accepted events. */
  readonly events: number;
  readonly status: Inspection["status"];
  readonly ratio: number;
  /** An episode is open (latched until recovery or acknowledgement). */
  readonly driftActive: boolean;
  /** Event time of its newest event. */
  readonly lastEventTime: number | null;
  /** Wall clock of its newest event, epoch milliseconds: idle keys leave the metrics by it. */
  readonly touchedAt: number;
  inspect(): Inspection;
}

export interface LaneView {
  readonly topic: string;
  readonly partition: number;
  /** Of the stream at the first claim (Kafka's topic id), where the source knows one. */
  readonly identity: string | null;
  /** Committed position; null: none yet. */
  readonly nextOffset: number | null;
  readonly highWatermark: number | null;
  /** Records between what was processed and the high watermark; null: not known. */
  readonly lag: number | null;
  /** Wall clock of the last commit, epoch milliseconds. */
  readonly committedAt: number | null;
  /** While records wait to be read or committed: since the last commit, or before the first one since the claim; null: none do. */
  readonly waitingMs: number | null;
  /** A change of schema is told and neither over nor acknowledged. Absent: none is. */
  readonly schemaChanged?: boolean;
  /** Why this partition stopped, a sentence. */
  readonly error: string | null;
}

export interface ValidationCounts {
  readonly accepted: number;
  readonly rejected: Readonly<Partial<Record<Reason, number>>>;
}
