import type { Reader, Writer } from "../../statistics/bytes.ts";

/** The label sets seen so far, the least recent first: what an answer may be. */
export interface LabelSets {
  /** By their numbers, joined. */
  readonly sets: Map<string, Uint16Array>;
}

const MOST = 500;

export function createLabelSets(): LabelSets {
  return { sets: new Map() };
}

export function noteLabelSet({ sets }: LabelSets, active: Uint16Array, size: number): void {
  let key = "";
  for (let k = 0; k < size; k++) key += String.fromCharCode(active[k]!);
  const known = sets.get(key);
  if (known) sets.delete(key);
  sets.set(key, known ?? active.slice(0, size));
  if (sets.size > MOST) sets.delete(sets.keys().next().value!);
}

export function forgetInLabelSets({ sets }: LabelSets, l: number): void {
  for (const [key, set] of sets) if (set.includes(l)) sets.delete(key);
}

export function writeLabelSets(w: Writer, { sets }: LabelSets): void {
  const all = [...sets.values()];
  w.array(Uint32Array.from(all, (set) => set.length));
  w.array(Uint16Array.from(all.flatMap((set) => [...set])));
}

export function readLabelSets(r: Reader): LabelSets {
  const made = createLabelSets();
  const lengths = r.u32s();
  const flat = r.u16s();
  let at = 0;
  for (const length of lengths) {
    noteLabelSet(made, flat.subarray(at, at + length), length);
    at += length;
  }
  return made;
}
