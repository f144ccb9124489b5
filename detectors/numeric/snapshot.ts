import type { Snapshot } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import type { Bits } from "../statistics/bits.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import { CORE_FLOATS, type Core, RING, SHORT_RING } from "../statistics/calibrated.ts";
import { adopt, type Cells, createCells } from "../statistics/cells.ts";
import { BINS, count } from "../statistics/ranks.ts";
import { readSegments, writeSegments } from "../statistics/segments.ts";
import { NO_SEASONS, type Whitener, whitenerCells } from "../statistics/whiten.ts";
import type { CalibratedKey, OpenAlarm } from "./calibrated-state.ts";
import { VERSION } from "./version.ts";

export function saveKey(state: CalibratedKey): Snapshot {
  const { core, white, values, open, began, perDay } = state;
  const w = createWriter(core ? 2048 : 256);
  w.u8(
    (core ? 1 : 0) +
      (values ? 2 : 0) +
      (open ? 4 : 0) +
      (state.warned ? 8 : 0) +
      (white ? 16 : 0) +
      (began === null ? 0 : 32) +
      (perDay === null ? 0 : 64),
  );
  for (let i = 0; i < 4; i++) w.u32(state.random[i]!);
  for (const x of [state.events, state.since, state.hints, state.hiddenPeriod]) w.f64(x);
  if (white) writeWhitener(w, white);
  if (core) writeCore(w, core);
  if (values) writeSegments(w, values);
  if (open) {
    const { index, low, high } = open.onset;
    for (const number of [open.index, index, low, high, open.needed, open.loud, open.again]) w.f64(number);
  }
  if (began !== null) w.f64(began);
  if (perDay !== null) w.f64(perDay);
  return { version: VERSION, running: w.done(), parts: values?.closed ?? [] };
}

export function loadKey(snapshot: Snapshot): CalibratedKey {
  if (snapshot.version !== VERSION) {
    throw new TidegaugeError("SNAPSHOT_UNREADABLE", { detector: "numeric", version: snapshot.version, known: VERSION });
  }
  const r = createReader(snapshot.running);
  const flags = r.u8();
  const random = Uint32Array.of(r.u32(), r.u32(), r.u32(), r.u32());
  const [events, since, hints, hiddenPeriod] = [r.f64(), r.f64(), r.f64(), r.f64()] as const;
  const white = flags & 16 ? readWhitener(r) : null;
  const core = flags & 1 ? readCore(r, white) : null;
  return {
    random: core ? adopt(core, random) : random,
    events,
    since,
    hints,
    hiddenPeriod,
    white,
    core,
    values: flags & 2 ? readSegments(r, snapshot.parts) : null,
    warned: (flags & 8) !== 0,
    open: flags & 4 ? readOpen(r) : null,
    began: flags & 32 ? r.f64() : null,
    perDay: flags & 64 ? r.f64() : null,
    promise: null,
  };
}

function readOpen(r: Reader): OpenAlarm {
  const index = r.f64();
  const onset = { index: r.f64(), low: r.f64(), high: r.f64() };
  return { index, onset, needed: r.f64(), loud: r.f64(), again: r.f64() };
}

function writeCore(w: Writer, core: Core): void {
  const { scale, place } = core;
  for (const x of [scale.median, scale.spread, place.median, place.spread]) w.f64(x);
  for (const x of [core.length, core.mean, core.sd, core.total, core.waiting, core.others]) w.f64(x);
  w.u8((core.single ? 1 : 0) + (core.bits ? 2 : 0));
  if (core.bits) writeBits(w, core.bits);
  const counts = core.counts.subarray(0, BINS);
  const small = counts.every((c) => c < 256);
  w.u8(small ? 1 : 0);
  w.array(small ? Uint8Array.from(counts) : counts);
  w.array(core.floats);
  // The generator's words are written apart.
  w.array(core.words.subarray(4));
}

function readCore(r: Reader, white: Whitener | null): Core {
  const scale = { median: r.f64(), spread: r.f64() };
  const place = { median: r.f64(), spread: r.f64() };
  const [length, mean, sd, total, waiting, others] = [r.f64(), r.f64(), r.f64(), r.f64(), r.f64(), r.f64()] as const;
  const forms = r.u8();
  const bits = forms & 2 ? readBits(r) : null;
  const cells: Cells = white?.cells ?? createCells(RING.length, CORE_FLOATS);
  (r.u8() === 1 ? r.bytes() : r.u16s()).forEach((by, bin) => {
    count(cells.counts, bin, by);
  });
  cells.floats.set(r.f32s());
  cells.words.set(r.u32s(), 4);
  const { words, counts, floats } = cells;
  return {
    words,
    counts,
    floats,
    scale,
    place: white?.place ?? place,
    length,
    mean,
    sd,
    ring: white ? SHORT_RING : RING,
    total,
    waiting,
    others,
    bits,
    single: (forms & 1) !== 0,
  };
}

function writeWhitener(w: Writer, white: Whitener): void {
  const { order, seasons, harmonics, levels, online, spread } = white;
  w.u8((levels ? 1 : 0) + (online ? 2 : 0) + (spread ? 4 : 0));
  for (const x of [order, harmonics, seasons.length, ...seasons]) w.f64(x);
  for (const x of [white.place.median, white.place.spread, white.gap, white.span, white.rows, white.sinceTemper])
    w.f64(x);
}

/** Its floats come with the core's. */
function readWhitener(r: Reader): Whitener {
  const flags = r.u8();
  const [order, harmonics, length] = [r.f64(), r.f64(), r.f64()] as const;
  const seasons = Array.from({ length }, () => r.f64());
  const form = { order, harmonics, seasons, levels: (flags & 1) !== 0 };
  const shape = { ...form, online: (flags & 2) !== 0, spread: (flags & 4) !== 0 };
  const place = { median: r.f64(), spread: r.f64() };
  return {
    order,
    seasons: length === 0 ? NO_SEASONS : seasons,
    harmonics,
    levels: shape.levels,
    cells: whitenerCells(shape),
    place,
    gap: r.f64(),
    online: shape.online,
    spread: shape.spread,
    span: r.f64(),
    rows: r.f64(),
    sinceTemper: r.f64(),
  };
}

function writeBits(w: Writer, { n0, s0, n1, s1, last, lean }: Bits): void {
  for (const x of [n0, s0, n1, s1, last, lean]) w.f64(x);
}

function readBits(r: Reader): Bits {
  const [n0, s0, n1, s1] = [r.f64(), r.f64(), r.f64(), r.f64()] as const;
  return { n0, s0, n1, s1, last: r.f64() === 1 ? 1 : 0, lean: r.f64() };
}
