import type { Reader, Writer } from "../statistics/bytes.ts";

/**
 * Which labels come more or less often than they did: for each label the odds bets of an error rate (change-point by
 * Shiryaev–Roberts), R_o ← (R_o + 1)·e_o,  e_o = (on ? o : 1)/(1 − π + oπ), π the rate after an event like the one before; and
 * over labels e-Benjamini–Hochberg: of L labels the k with the greatest statistics alarm when the k-th is ≥ A·L/k, A the
 * promise. Absence is made up for in one go: an event costs its own labels only.
 */
export interface Marginals {
  labels: number;
  /** Events so far. */
  events: number;
  /** Per label: events, how often it was on, and on right after it was on; the last event taken in, and whether it was on then. */
  n: Float64Array;
  on: Float64Array;
  again: Float64Array;
  at: Float64Array;
  last: Uint8Array;
  /** Σ_o w_o R_o. */
  statistic: Float64Array;
  /** R_o, [labels, ODDS]. */
  evidence: Float32Array;
}

const ODDS = Float64Array.of(1.25, 1.5, 2, 3, 5, 0.8, 2 / 3, 0.5, 1 / 3, 0.2);
const BETS = ODDS.length;
const WEIGHTS = Float64Array.of(0.16, 0.16, 0.16, 0.16, 0.16, 0.04, 0.04, 0.04, 0.04, 0.04);
/** A rate after a bit starts from the rate alone, with the weight of so many events. */
const PRIOR = 20;
const HALVED_AT = 20_000;
/** Absent labels are looked at every so many events. */
const CATCH_UP_EVERY = 100;

export function createMarginals(): Marginals {
  return {
    labels: 0,
    events: 0,
    n: new Float64Array(8),
    on: new Float64Array(8),
    again: new Float64Array(8),
    at: new Float64Array(8),
    last: new Uint8Array(8),
    statistic: new Float64Array(8),
    evidence: new Float32Array(8 * BETS),
  };
}

/** A new label was never on so far. */
export function widenMarginals(m: Marginals, labels: number): void {
  if (labels > m.n.length) {
    const room = Math.ceil(labels * 1.25) + 8;
    for (const name of ["n", "on", "again", "at", "statistic"] as const) m[name] = grown(m[name], room);
    const evidence = new Float32Array(room * BETS);
    evidence.set(m.evidence);
    m.evidence = evidence;
    const last = new Uint8Array(room);
    last.set(m.last);
    m.last = last;
  }
  for (let i = m.labels; i < labels; i++) forgetMarginal(m, i, Math.min(m.events, HALVED_AT / 2));
  m.labels = Math.max(m.labels, labels);
}

/** The label starts anew, as never on in `events` events. */
export function forgetMarginal(m: Marginals, i: number, events: number): void {
  m.n[i] = events;
  m.on[i] = 0;
  m.again[i] = 0;
  m.at[i] = m.events - 1;
  m.last[i] = 0;
  m.statistic[i] = 0;
  m.evidence.fill(0, i * BETS, (i + 1) * BETS);
}

/** One event's labels. `learn`: events that a label needs before it is bet on. */
export function observeMarginals(m: Marginals, active: Uint16Array, size: number, learn: number): void {
  const now = m.events;
  for (let k = 0; k < size; k++) {
    const i = active[k]!;
    absent(m, i, now, learn);
    const rate = rateOf(m, i, m.last[i]!);
    if (m.n[i]! >= learn) bet(m, i, rate, 1);
    m.again[i] = m.again[i]! + m.last[i]!;
    m.on[i] = m.on[i]! + 1;
    m.n[i] = m.n[i]! + 1;
    m.last[i] = 1;
    m.at[i] = now;
    if (m.n[i]! >= HALVED_AT) halve(m, i);
  }
  m.events++;
  if (m.events % CATCH_UP_EVERY === 0) for (let i = 0; i < m.labels; i++) absent(m, i, m.events, learn);
}

/** The events before `now` in which it was off. */
function absent(m: Marginals, i: number, now: number, learn: number): void {
  let missed = now - 1 - m.at[i]!;
  if (missed <= 0) return;
  m.at[i] = now - 1;
  const skipped = Math.min(missed, Math.max(0, learn - m.n[i]!));
  missed -= skipped;
  if (missed > 0) {
    let left = missed;
    if (m.last[i] === 1 && skipped === 0) {
      bet(m, i, rateOf(m, i, 1), 0);
      left--;
    }
    if (left > 0) betAbsent(m, i, rateOf(m, i, 0), left);
  }
  m.last[i] = 0;
  m.n[i] = m.n[i]! + skipped + missed;
  if (m.n[i]! >= HALVED_AT) halve(m, i);
}

function bet(m: Marginals, i: number, rate: number, on: 0 | 1): void {
  const { evidence } = m;
  const from = i * BETS;
  const begins = beginsOf(m, i);
  for (let b = 0; b < BETS; b++) {
    const odds = ODDS[b]!;
    const r = (evidence[from + b]! + begins) * ((on ? odds : 1) / (1 - rate + odds * rate));
    evidence[from + b] = Math.min(r, MOST);
  }
  m.statistic[i] = statisticOf(m, i);
}

function statisticOf({ evidence }: Marginals, i: number): number {
  let total = 0;
  for (let b = 0; b < BETS; b++) total += WEIGHTS[b]! * evidence[i * BETS + b]!;
  return total;
}

const powers = new Float64Array(BETS);
const squares = new Float64Array(BETS);

/** `times` events without it: R ← (R + 1)q, again and again. All bets side by side: one alone waits for each of its products. */
function betAbsent(m: Marginals, i: number, rate: number, times: number): void {
  const { evidence } = m;
  const from = i * BETS;
  const begins = beginsOf(m, i);
  for (let b = 0; b < BETS; b++) squares[b] = 1 / (1 + (ODDS[b]! - 1) * rate);
  if (times <= 6) {
    for (let t = 0; t < times; t++)
      for (let b = 0; b < BETS; b++) evidence[from + b] = (evidence[from + b]! + begins) * squares[b]!;
  } else sumAbsent(evidence, from, begins, times);
  for (let b = 0; b < BETS; b++) evidence[from + b] = Math.min(evidence[from + b]!, MOST);
  m.statistic[i] = statisticOf(m, i);
}

/** In one go: q to the number of times by squares; q is in `squares`. */
function sumAbsent(evidence: Float32Array, from: number, begins: 0 | 1, times: number): void {
  powers.fill(1);
  const q = toAbsent;
  q.set(squares);
  for (let left = times; ; ) {
    if ((left & 1) === 1) for (let b = 0; b < BETS; b++) powers[b] = powers[b]! * squares[b]!;
    left >>= 1;
    if (left === 0) break;
    for (let b = 0; b < BETS; b++) squares[b] = squares[b]! * squares[b]!;
  }
  for (let b = 0; b < BETS; b++) {
    const apart = 1 - q[b]!;
    const r = evidence[from + b]!;
    evidence[from + b] =
      Math.abs(apart) < 1e-12 ? r + begins * times : r * powers[b]! + (begins * q[b]! * (1 - powers[b]!)) / apart;
  }
}

const toAbsent = new Float64Array(BETS);

const MOST = 1e30;

/** While a label was always or never on there is nothing that may begin: R would be a clock. */
function beginsOf(m: Marginals, i: number): 0 | 1 {
  return m.on[i]! > 0 && m.on[i]! < m.n[i]! ? 1 : 0;
}

function halve(m: Marginals, i: number): void {
  m.n[i] = m.n[i]! / 2;
  m.on[i] = m.on[i]! / 2;
  m.again[i] = m.again[i]! / 2;
}

/** π: of all events, drawn towards by those after one like the last. */
function rateOf(m: Marginals, i: number, last: number): number {
  const n = m.n[i]!;
  const on = m.on[i]!;
  const base = (on + 0.5) / (n + 1);
  const counted = last ? on : Math.max(0, n - on);
  const hits = last ? m.again[i]! : on - m.again[i]!;
  const rate = (hits + PRIOR * base) / (counted + PRIOR);
  return rate < 1 ? rate : 1 - 1e-9;
}

export function usualRate(m: Marginals, i: number): number {
  return m.n[i]! > 0 ? m.on[i]! / m.n[i]! : 0;
}

/** The labels that alarm at this promise, strongest first. */
export function discoveries(m: Marginals, promise: number): number[] {
  const { labels, statistic } = m;
  const found: number[] = [];
  for (let i = 0; i < labels; i++) if (statistic[i]! >= promise) found.push(i);
  if (found.length === 0) return found;
  found.sort((a, b) => statistic[b]! - statistic[a]! || a - b);
  for (let k = found.length; k > 0; k--)
    if (statistic[found[k - 1]!]! >= (promise * labels) / k) return found.slice(0, k);
  return [];
}

/** Greatest statistic of a label over what it needs alone. */
export function marginalRatio(m: Marginals, promise: number): number {
  let most = 0;
  for (let i = 0; i < m.labels; i++) if (m.statistic[i]! > most) most = m.statistic[i]!;
  return m.labels > 0 ? most / (promise * m.labels) : 0;
}

/** Events since the rate changed, by how fast the evidence grows when the rate is `now`. */
export function eventsOfEvidence(m: Marginals, i: number, now: number): number {
  const clamp = (p: number): number => Math.min(1 - 1e-6, Math.max(1e-6, p));
  const p = clamp(now);
  const q = clamp(usualRate(m, i));
  const gain = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
  return Math.min(2000, Math.round(Math.log(Math.max(2, m.statistic[i]!)) / Math.max(gain, 1e-3)));
}

export function writeMarginals(w: Writer, m: Marginals): void {
  const { labels, events } = m;
  w.u32(labels);
  w.f64(events);
  for (const name of ["n", "on", "again", "last"] as const) w.array(m[name].subarray(0, labels));
  // All are caught up every so many events.
  w.array(Uint8Array.from({ length: labels }, (_, i) => events - m.at[i]!));
  w.array(m.evidence.subarray(0, labels * BETS));
}

/** Versions before 3 had all in float64, and the statistic. */
export function readMarginals(r: Reader, version: number): Marginals {
  const m = createMarginals();
  const labels = r.u32();
  m.events = r.f64();
  const room = Math.max(8, labels);
  for (const name of ["n", "on", "again"] as const) m[name] = grown(r.f64s(), room);
  const at = version < 3 ? r.f64s() : null;
  m.last = new Uint8Array(room);
  m.last.set(r.bytes());
  m.at = grown(at ?? Float64Array.from(r.bytes(), (ago) => m.events - ago), room);
  if (version < 3) r.f64s();
  m.evidence = new Float32Array(room * BETS);
  m.evidence.set(version < 3 ? r.f64s() : r.f32s());
  m.statistic = new Float64Array(room);
  for (let i = 0; i < labels; i++) m.statistic[i] = statisticOf(m, i);
  m.labels = labels;
  return m;
}

function grown(a: Float64Array, room: number): Float64Array {
  const made = new Float64Array(Math.max(room, a.length));
  made.set(a);
  return made;
}
