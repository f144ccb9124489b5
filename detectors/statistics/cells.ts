import type { Random } from "./random.ts";
import { RANKS_LENGTH } from "./ranks.ts";

/**
 * All numbers of a key in one buffer with three views: what a key costs beside its numbers is mostly its views, a hundred
 * bytes each.
 */
export interface Cells {
  /** The generator's four words, then rings of bytes, four to a word. */
  readonly words: Uint32Array;
  /** Counts of ranks. */
  readonly counts: Uint16Array;
  readonly floats: Float32Array;
}

const GENERATOR = 4;

export function createCells(ringBytes: number, floats: number): Cells {
  const words = GENERATOR + (ringBytes >>> 2);
  const buffer = new ArrayBuffer(4 * words + 4 * floats + 2 * RANKS_LENGTH);
  return {
    words: new Uint32Array(buffer, 0, words),
    floats: new Float32Array(buffer, 4 * words, floats),
    counts: new Uint16Array(buffer, 4 * (words + floats), RANKS_LENGTH),
  };
}

/** The generator lives on in the cells from here. */
export function adopt({ words }: Cells, random: Random): Random {
  for (let i = 0; i < GENERATOR; i++) words[i] = random[i]!;
  return words;
}

/** Byte `at` of the rings. */
export function byteAt(words: Uint32Array, at: number): number {
  return (words[GENERATOR + (at >>> 2)]! >>> ((at & 3) << 3)) & 255;
}

export function setByte(words: Uint32Array, at: number, byte: number): void {
  const shift = (at & 3) << 3;
  const word = GENERATOR + (at >>> 2);
  words[word] = (words[word]! & ~(255 << shift)) | (byte << shift);
}

/** A number as a 32-bit float that is still finite. */
export function toFloat(x: number): number {
  return Math.max(-3e38, Math.min(3e38, x));
}
