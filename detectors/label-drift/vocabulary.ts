import type { Reader, Writer } from "../statistics/bytes.ts";

/** Names of labels (or inputs) and their numbers, in the order in which they came. */
export interface Vocabulary {
  readonly most: number;
  names: string[];
  numbers: Map<string, number>;
  /** Names that found no room. */
  ignored: number;
}

export function createVocabulary(most: number): Vocabulary {
  return { most, names: [], numbers: new Map(), ignored: 0 };
}

/** The number of a name, a new one if need be; -1 where there is no room. */
export function numberOf(v: Vocabulary, name: string): number {
  const known = v.numbers.get(name);
  if (known !== undefined) return known;
  if (v.names.length >= v.most) {
    v.ignored++;
    return -1;
  }
  v.numbers.set(name, v.names.length);
  return v.names.push(name) - 1;
}

/** Gives the number of a name that is gone to another. */
export function rename(v: Vocabulary, number: number, name: string): void {
  v.numbers.delete(v.names[number]!);
  v.names[number] = name;
  v.numbers.set(name, number);
}

export function writeVocabulary(w: Writer, v: Vocabulary): void {
  w.u32(v.ignored);
  w.text(JSON.stringify(v.names));
}

export function readVocabulary(r: Reader, most: number): Vocabulary {
  const ignored = r.u32();
  const names = JSON.parse(r.text()) as string[];
  return { most, names, numbers: new Map(names.map((name, i) => [name, i])), ignored };
}
