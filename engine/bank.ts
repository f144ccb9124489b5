import type { Detector, Model, Part, Snapshot } from "./detector.ts";
import { TidegaugeError } from "./errors.ts";
import { freshHeader, type KeyHeader, packState, unpackState } from "./key-header.ts";
import { createScale, type Weight, weigh } from "./scale.ts";
import type { StateWrite, Store, StoredState } from "./store.ts";

/** One key's state in memory. */
export interface Entry {
  readonly key: string;
  readonly header: KeyHeader;
  state: unknown;
  dirty: boolean;
  /** Tick of its last event. */
  used: number;
  /** Wall clock of its last event, epoch milliseconds. */
  touchedAt: number;
  /** Last known size of its snapshot. */
  weight: Weight;
  /** Part hashes that the store has. */
  stored: readonly string[];
  /** Number of the last wave that it was in. */
  wave: number;
}

export interface BankLimits {
  readonly keys: number;
  readonly bytes: number;
}

/** The states of one lane: in memory while in use, in the store when not. */
export interface Bank {
  get(key: string): Entry | undefined;
  /** Brings the keys that are not in memory from the store, or starts them. */
  load(lane: number, keys: readonly string[]): Promise<void>;
  /** The state if it is in memory or in the store. */
  find(lane: number, key: string): Promise<Entry | undefined>;
  /** An event or a command changed it at this wall-clock time. */
  touch(entry: Entry, now: number): void;
  dirtyCount(): number;
  /** What the next commit writes; call committed() once it did. */
  writes(): Promise<readonly StateWrite[]>;
  committed(): void;
  overfull(): boolean;
  /** Keys that may be brought before overfull() is asked again, as those in memory weigh; at least one. */
  room(): number;
  /** Drops the clean states used longest ago, those with an open alarm last, down to three quarters of the limits. */
  evict(): void;
  /** Drops the clean states without events since then. */
  evictIdle(before: number): void;
  entries(): Iterable<Entry>;
  size(): number;
  clear(): void;
}

/** `begin` makes the state of a key without events so far. */
export function createBank(
  detector: Detector,
  model: Model,
  store: Store,
  limits: BankLimits,
  begin: (key: string) => unknown = model.init,
): Bank {
  const entries = new Map<string, Entry>();
  let dirty: Entry[] = [];
  let writing: { entry: Entry; stored: readonly string[]; weight: Weight }[] = [];
  let tick = 0;
  let scale = createScale();

  const keep = (entry: Entry): void => {
    entries.set(entry.key, entry);
    scale.add(entry.weight);
  };
  const bring = async (lane: number, keys: readonly string[]): Promise<void> => {
    const found = await store.loadStates(lane, keys);
    const opened = found.map((s) => ({ stored: s, ...unpackState(s.blob) }));
    const states = await model.load(opened.map((o) => snapshotOf(detector, o.stored, o.version, o.running)));
    opened.forEach((o, i) => {
      const stored = o.stored.parts.map((p) => p.hash);
      keep({
        key: o.stored.key,
        header: o.header,
        state: states[i],
        dirty: false,
        used: tick,
        touchedAt: 0,
        weight: weigh(o.stored.blob.length, o.stored.parts),
        stored,
        wave: -1,
      });
    });
  };

  const forget = (entry: Entry): void => {
    entries.delete(entry.key);
    scale.remove(entry.weight);
  };
  const leave = (gone: readonly Entry[]): void => {
    gone.forEach(forget);
    model.release?.(gone.map((e) => e.state));
  };

  return {
    get: (key) => entries.get(key),
    async load(lane, keys) {
      // Tried again, it goes on where it failed.
      const missing = keys.filter((key) => !entries.has(key));
      if (missing.length > 0) await bring(lane, missing);
      for (const key of missing) {
        if (entries.has(key)) continue;
        const made = begin(key);
        keep({
          key,
          header: freshHeader(),
          state: made instanceof Promise ? await made : made,
          dirty: false,
          used: tick,
          touchedAt: 0,
          weight: FRESH,
          stored: NONE,
          wave: -1,
        });
      }
    },
    async find(lane, key) {
      if (!entries.has(key)) await bring(lane, [key]);
      return entries.get(key);
    },
    touch(entry, now) {
      entry.used = ++tick;
      entry.touchedAt = now;
      if (entry.dirty) return;
      entry.dirty = true;
      dirty.push(entry);
    },
    dirtyCount: () => dirty.length,
    async writes() {
      const snapshots = await model.save(dirty.map((e) => e.state));
      writing = [];
      return dirty.map((entry, i) => {
        const snapshot = snapshots[i]!;
        const hashes = snapshot.parts.length === 0 ? NONE : snapshot.parts.map((p) => p.hash);
        const blob = packState(entry.header, snapshot.version, snapshot.running);
        writing.push({ entry, stored: hashes, weight: weigh(blob.length, snapshot.parts) });
        return {
          key: entry.key,
          blob,
          parts: hashes,
          newParts: entry.stored === hashes ? [] : snapshot.parts.filter(unseenIn(entry.stored)),
          dropParts: entry.stored.filter((h) => !hashes.includes(h)),
          events: entry.header.events,
          status:
            entry.header.open.length > 0
              ? "drifting"
              : (model.status?.(entry.state) ?? model.inspect(entry.state).status),
          ratio: entry.header.ratio,
          time: entry.header.time,
        };
      });
    },
    committed() {
      for (const w of writing) {
        w.entry.dirty = false;
        w.entry.stored = w.stored;
        scale.remove(w.entry.weight);
        scale.add(w.weight);
        w.entry.weight = w.weight;
      }
      writing = [];
      dirty = [];
    },
    room() {
      if (entries.size === 0) return UNKNOWN_KEYS;
      return Math.max(1, Math.floor((limits.bytes * ROOM * entries.size) / Math.max(1, scale.total())));
    },
    overfull: () => entries.size > limits.keys || scale.total() > limits.bytes,
    evict() {
      const clean = [...entries.values()].filter((e) => !e.dirty);
      // Metrics and page show alarms of keys in memory.
      clean.sort((a, b) => Number(a.header.open.length > 0) - Number(b.header.open.length > 0) || a.used - b.used);
      const gone: Entry[] = [];
      for (const entry of clean) {
        if (entries.size <= limits.keys * 0.75 && scale.total() <= limits.bytes * 0.75) break;
        forget(entry);
        gone.push(entry);
      }
      model.release?.(gone.map((e) => e.state));
    },
    evictIdle: (before) => leave([...entries.values()].filter((e) => !e.dirty && e.touchedAt < before)),
    entries: () => entries.values(),
    size: () => entries.size,
    clear() {
      model.release?.([...entries.values()].map((e) => e.state));
      entries.clear();
      dirty = [];
      writing = [];
      scale = createScale();
    },
  };
}

/** Share of the limit that they may add. */
const ROOM = 1 / 8;
/** Keys brought before it is known what they weigh. */
const UNKNOWN_KEYS = 256;
const NONE: readonly string[] = [];
const FRESH: Weight = { own: 256, large: [] };

function unseenIn(stored: readonly string[]): (part: Part) => boolean {
  return (part) => !stored.includes(part.hash);
}

export function snapshotOf(detector: Detector, stored: StoredState, version: number, running: Uint8Array): Snapshot {
  if (version > detector.version) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", { detector: detector.name, version, known: detector.version });
  }
  return { version, running, parts: stored.parts.map(({ hash, bytes }) => ({ hash, bytes: plain(bytes) })) };
}

/** Drivers return Buffers, whose slice() is a view of a shared pool: detectors get plain bytes of their own. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes);
}
