import type { Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Onset } from "../../engine/signal.ts";
import type { Bits } from "../statistics/bits.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import { allocate, type Core } from "../statistics/calibrated.ts";
import type { Random } from "../statistics/random.ts";
import { BINS, count } from "../statistics/ranks.ts";
import { readSegments, type Segments, writeSegments } from "../statistics/segments.ts";
import type { Whitener } from "../statistics/whiten.ts";
import { VERSION } from "./version.ts";
import { readWhitener, writeWhitener } from "./whitener-state.ts";

export interface CalibratedKey {
  readonly random: Random;
  /** Accepted events: the index of the next one. */
  events: number;
  core: Core | null;
  /** Where dependence is looked for and there is something to whiten; the core sees its residuals. */
  white: Whitener | null;
  /** While learning the reference so far; while an alarm is open what may become the next one. */
  values: Segments | null;
  /** First event since the evidence was cleared. */
  since: number;
  /** The statistic passed a tenth of the threshold and is not yet back. */
  warned: boolean;
  open: OpenAlarm | null;
  /** Where the promise is in days: time of the first event, and the rate that the reference came at. */
  began: number | null;
  perDay: number | null;
  /** Events between false alarms to keep now, where keys share one promise: told with each event, not saved. */
  promise: number | null;
}

export interface OpenAlarm {
  /** Event that alarmed. */
  readonly index: number;
  readonly onset: Onset;
  /** Quiet events that end it. */
  readonly needed: number;
  /** Last event that was not quiet. */
  loud: number;
  /** How often the threshold was passed again. */
  again: number;
}

export function saveKey(state: CalibratedKey): Snapshot {
  const { core, white, values, open, began, perDay } = state;
  const w = createWriter(core ? 1536 : 256);
  w.u8(
    (core ? 1 : 0) +
      (values ? 2 : 0) +
      (open ? 4 : 0) +
      (state.warned ? 8 : 0) +
      (white ? 16 : 0) +
      (began === null ? 0 : 32),
  );
  for (const word of state.random) w.u32(word);
  w.f64(state.events);
  w.f64(state.since);
  if (core) writeCore(w, core);
  if (white) writeWhitener(w, white);
  if (values) writeSegments(w, values);
  if (open) {
    const { index, low, high } = open.onset;
    for (const number of [open.index, index, low, high, open.needed, open.loud, open.again]) w.f64(number);
  }
  if (began !== null) {
    w.f64(began);
    w.f64(perDay ?? Number.NaN);
  }
  return { version: VERSION, running: w.done(), parts: values?.closed ?? [] };
}

export function loadKey(snapshot: Snapshot): CalibratedKey {
  if (snapshot.version !== VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", { detector: "numeric", version: snapshot.version, known: VERSION });
  }
  const r = createReader(snapshot.running);
  const flags = r.u8();
  const random = Uint32Array.of(r.u32(), r.u32(), r.u32(), r.u32());
  const events = r.f64();
  const since = r.f64();
  const core = flags & 1 ? readCore(r) : null;
  const white = flags & 16 ? readWhitener(r) : null;
  const values = flags & 2 ? readSegments(r, snapshot.parts) : null;
  const open = flags & 4 ? readOpen(r) : null;
  const began = flags & 32 ? r.f64() : null;
  const rate = flags & 32 ? r.f64() : Number.NaN;
  const perDay = Number.isNaN(rate) ? null : rate;
  return { random, events, since, core, white, values, warned: (flags & 8) !== 0, open, began, perDay, promise: null };
}

function readOpen(r: Reader): OpenAlarm {
  const index = r.f64();
  const onset = { index: r.f64(), low: r.f64(), high: r.f64() };
  return { index, onset, needed: r.f64(), loud: r.f64(), again: r.f64() };
}

function writeCore(w: Writer, core: Core): void {
  const { median, spread } = core.scale;
  for (const x of [median, spread, core.length, core.mean, core.sd, core.total, core.waiting, core.others]) w.f64(x);
  w.u8((core.single ? 1 : 0) + (core.bits ? 2 : 0));
  if (core.bits) writeBits(w, core.bits);
  const counts = core.ranks.subarray(0, BINS);
  const small = counts.every((c) => c < 256);
  w.u8(small ? 1 : 0);
  w.array(small ? Uint8Array.from(counts) : counts);
  w.array(core.evidence);
  w.array(core.recent.bins);
  w.array(core.recent.values);
}

function readCore(r: Reader): Core {
  const scale = { median: r.f64(), spread: r.f64() };
  const length = r.f64();
  const mean = r.f64();
  const sd = r.f64();
  const total = r.f64();
  const waiting = r.f64();
  const others = r.f64();
  const forms = r.u8();
  const single = (forms & 1) !== 0;
  const bits = forms & 2 ? readBits(r) : null;
  const arrays = allocate();
  (r.u8() === 1 ? r.bytes() : r.u16s()).forEach((by, bin) => {
    count(arrays.ranks, bin, by);
  });
  arrays.evidence.set(r.f64s());
  arrays.recent.bins.set(r.bytes());
  arrays.recent.values.set(r.f64s());
  return { scale, length, mean, sd, ...arrays, total, waiting, others, bits, temper: 1, single };
}

function writeBits(w: Writer, { n0, s0, n1, s1, last, lean }: Bits): void {
  for (const x of [n0, s0, n1, s1, last, lean]) w.f64(x);
}

function readBits(r: Reader): Bits {
  const [n0, s0, n1, s1] = [r.f64(), r.f64(), r.f64(), r.f64()] as const;
  return { n0, s0, n1, s1, last: r.f64() === 1 ? 1 : 0, lean: r.f64() };
}
