import type { Part } from "../../engine/detector.ts";
import { makePart } from "../../engine/part.ts";
import { createReader, createWriter, type Reader, type Writer } from "../statistics/bytes.ts";
import { type Evidence, evidenceLength, gather, onsetOf } from "../statistics/evidence.ts";

/**
 * Whether rare labels keep their company. A label that came fewer than 20 times in the sample is too rare for the displacement,
 * but all of them together tell much: companions of a rare label are those with which the sample has it at least twice. An event
 * with a rare label that has companions tells one bit, whether it came with one of them. How often that was so in the sample is
 * counted without the event itself, so that later events are like those of the sample while nothing changes. Bets that it
 * is so less often, with the odds of o times those before (change-point by Shiryaev–Roberts, statistics/evidence.ts).
 */
export interface Company {
  /** Companions of label i: at starts[i] … starts[i + 1). Never changes, but for `left`. */
  readonly starts: Uint32Array;
  readonly companions: Uint16Array;
  /** Labels whose number means another by now. */
  readonly left: number[];
  /** Events since the sample. */
  events: number;
  /** Events that told, of them those in company; the sample's too. Halved when there are many. */
  told: number;
  kept: number;
  /** Of late: share in company, decayed .98 an event that tells. */
  recent: number;
  /** Events that told since the sample. */
  heard: number;
  statistic: number;
  evidence: Evidence;
  part: Part | null;
}

const ODDS = Float64Array.of(0.8, 2 / 3, 0.5, 1 / 3, 0.2);
const WEIGHTS = new Float64Array(ODDS.length).fill(1 / ODDS.length);
/** Sightings together that make a companion. */
const TOGETHER = 2;
/** Events of the sample that must tell. */
const LEAST_TOLD = 50;
const HALVED_AT = 20_000;
const MEMORY = 0.98;
const bets = new Float64Array(ODDS.length);

/** From the sample's label sets (flat, and where each begins). `known[i]` is 1 for labels that are not rare. Null: too little to tell. */
export function createCompany(
  sets: readonly number[],
  setStarts: readonly number[],
  known: Uint8Array,
  labels: number,
): Company | null {
  const together = new Map<number, number>();
  forPairs(sets, setStarts, known, (i, j) => {
    together.set(i * labels + j, (together.get(i * labels + j) ?? 0) + 1);
  });
  const lists: number[][] = Array.from({ length: labels }, () => []);
  for (const [key, times] of together) if (times >= TOGETHER) lists[Math.floor(key / labels)]!.push(key % labels);
  const starts = new Uint32Array(labels + 1);
  for (let i = 0; i < labels; i++) starts[i + 1] = starts[i]! + lists[i]!.length;
  const companions = Uint16Array.from(lists.flatMap((list) => list.sort((a, b) => a - b)));
  const { told, kept } = countSample(sets, setStarts, known, labels, together, starts);
  if (told < LEAST_TOLD || kept === 0 || kept === told) return null;
  const evidence = new Float32Array(evidenceLength(ODDS.length));
  const share = kept / told;
  const none = { left: [], events: 0, heard: 0, statistic: 0, part: null };
  return { starts, companions, told, kept, recent: share, evidence, ...none };
}

/** Every event of the sample, by the others. */
function countSample(
  sets: readonly number[],
  setStarts: readonly number[],
  known: Uint8Array,
  labels: number,
  together: ReadonlyMap<number, number>,
  starts: Uint32Array,
): { told: number; kept: number } {
  const only = new Map<number, number>();
  const withOne = new Set<number>();
  let [told, kept, at] = [0, 0, 0];
  const close = (): void => {
    let tells = withOne.size > 0;
    for (const [i, fewer] of only) if (starts[i + 1]! - starts[i]! > fewer) tells = true;
    if (tells) told++;
    if (withOne.size > 0) kept++;
    only.clear();
    withOne.clear();
  };
  for (let set = 0; set + 1 < setStarts.length; set++) {
    for (at = setStarts[set]!; at < setStarts[set + 1]!; at++) {
      const i = sets[at]!;
      if (known[i] === 1) continue;
      let fewer = 0;
      for (let k = setStarts[set]!; k < setStarts[set + 1]!; k++) {
        const times = together.get(i * labels + sets[k]!) ?? 0;
        if (times === TOGETHER) fewer++;
        if (times > TOGETHER) withOne.add(i);
      }
      only.set(i, fewer);
    }
    close();
  }
  return { told, kept };
}

function forPairs(
  sets: readonly number[],
  setStarts: readonly number[],
  known: Uint8Array,
  each: (rare: number, other: number) => void,
): void {
  for (let set = 0; set + 1 < setStarts.length; set++) {
    for (let k = setStarts[set]!; k < setStarts[set + 1]!; k++) {
      if (known[sets[k]!] === 1) continue;
      for (let l = setStarts[set]!; l < setStarts[set + 1]!; l++) if (l !== k) each(sets[k]!, sets[l]!);
    }
  }
}

/** One event's labels; `present[i]` is 1 for them. */
export function observeCompany(c: Company, active: Uint16Array, size: number, present: Uint8Array): void {
  const { starts, companions } = c;
  const labels = starts.length - 1;
  c.events++;
  let tells = false;
  let kept = false;
  for (let k = 0; k < size && !kept; k++) {
    const i = active[k]!;
    if (i >= labels || starts[i] === starts[i + 1] || c.left.includes(i)) continue;
    tells = true;
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const j = companions[at]!;
      if (present[j] === 1 && !c.left.includes(j)) kept = true;
    }
  }
  if (!tells) return;
  const rate = (c.kept + 0.5) / (c.told + 1);
  for (let b = 0; b < bets.length; b++) bets[b] = (kept ? ODDS[b]! : 1) / (1 - rate + ODDS[b]! * rate);
  c.statistic = gather(c.evidence, bets, WEIGHTS, 1);
  c.told++;
  c.heard++;
  if (kept) c.kept++;
  c.recent = MEMORY * c.recent + (kept ? 1 - MEMORY : 0);
  if (c.told < HALVED_AT) return;
  c.told /= 2;
  c.kept /= 2;
}

/** The label's number means another now. */
export function leaveCompany(c: Company, label: number): void {
  if (!c.left.includes(label)) c.left.push(label);
}

export function usualCompany({ told, kept }: Company): number {
  return kept / told;
}

/** Events ago: the middle, the earliest and the latest that the change may have begun. */
export function companyLostSince(c: Company): { index: number; low: number; high: number } {
  const { index, low, high } = onsetOf(c.evidence, WEIGHTS, 0);
  const stretch = c.heard > 0 ? c.events / c.heard : 1;
  const ago = (place: number): number => Math.max(0, Math.round(-place * stretch));
  return { index: ago(index), low: ago(low), high: ago(high) };
}

/** What never changes is a part. */
export function partOfCompany(c: Company): Part {
  if (c.part === null) {
    const w = createWriter(64 + c.starts.byteLength + c.companions.byteLength);
    w.array(c.starts);
    w.array(c.companions);
    c.part = makePart(w.done());
  }
  return c.part;
}

export function writeCompany(w: Writer, c: Company): void {
  w.array(Uint16Array.from(c.left));
  for (const x of [c.events, c.told, c.kept, c.recent, c.heard, c.statistic]) w.f64(x);
  w.array(c.evidence);
}

export function readCompany(r: Reader, part: Part): Company {
  const fixed = createReader(part.bytes);
  const [starts, companions] = [fixed.u32s(), fixed.u16s()];
  const left = [...r.u16s()];
  const [events, told, kept, recent, heard, statistic] = [r.f64(), r.f64(), r.f64(), r.f64(), r.f64(), r.f64()];
  return { starts, companions, left, events, told, kept, recent, heard, statistic, evidence: r.f32s(), part };
}
