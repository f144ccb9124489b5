/**
 * Signed feature hashing of a text: word 1–2-grams, and character 3–5-grams within each word or run of symbols (with
 * its borders), into 2^15 buckets by FNV-1a.
 */
export const BUCKETS = 1 << 15;

const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;
/** Keeps a word and the same letters as a character gram apart. */
const CHARACTER_BASIS = Math.imul(BASIS ^ 0x63, PRIME);

/** NFKC, lower case, white space to single blanks. */
export function normalise(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

const WORD = /[\p{L}\p{M}\p{N}]+(?:['’][\p{L}\p{M}]+)*/gu;
const TOKEN = new RegExp(`${WORD.source}|[^\\p{L}\\p{M}\\p{N}\\s]+`, "gu");

/** Letters, marks and digits with inner apostrophes. */
export function wordsOf(normal: string): readonly string[] {
  return normal.match(WORD) ?? [];
}

/** Words, and runs of what is neither word nor blank (signs, emoji). */
export function tokensOf(normal: string): readonly string[] {
  return normal.match(TOKEN) ?? [];
}

/** Buckets of one text with their signed counts; reused, so read it before the next call. */
export interface Bag {
  readonly buckets: Int32Array;
  readonly counts: Float64Array;
  size: number;
}

const counts = new Float64Array(BUCKETS);
const seen = new Uint8Array(BUCKETS);
const bag: { buckets: Int32Array; counts: Float64Array; size: number } = {
  buckets: new Int32Array(BUCKETS),
  counts,
  size: 0,
};

/** Counts are indexed by bucket; a bucket whose signs cancelled counts 0. */
export function countGrams(text: string): Bag {
  for (let i = 0; i < bag.size; i++) {
    counts[bag.buckets[i]!] = 0;
    seen[bag.buckets[i]!] = 0;
  }
  bag.size = 0;
  let before = -1;
  for (const token of tokensOf(normalise(text))) {
    countCharacters(` ${token} `);
    if (!isWord(token)) continue;
    if (before >= 0) add(hashFrom(Math.imul(before ^ 0x20, PRIME), token));
    before = hashFrom(BASIS, token) >>> 0;
    add(before);
  }
  return bag;
}

export function isWord(token: string): boolean {
  return /^[\p{L}\p{M}\p{N}]/u.test(token);
}

function countCharacters(padded: string): void {
  for (let start = 0; start + 3 <= padded.length; start++) {
    const end = Math.min(padded.length, start + 5);
    let h = CHARACTER_BASIS;
    for (let i = start; i < end; i++) {
      h = Math.imul(h ^ padded.charCodeAt(i), PRIME);
      if (i >= start + 2) add(h);
    }
  }
}

function hashFrom(start: number, text: string): number {
  let h = start;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), PRIME);
  return h;
}

/** The low bits alone of FNV are weak; folding mixes the high ones in. The top bit is the sign. */
function add(hash: number): void {
  const bucket = (hash ^ (hash >>> 15)) & (BUCKETS - 1);
  if (seen[bucket] === 0) {
    seen[bucket] = 1;
    bag.buckets[bag.size++] = bucket;
  }
  counts[bucket] = counts[bucket]! + (hash < 0 ? -1 : 1);
}
