import { REDACTED } from "./event.ts";

/** Ordinary signs around a word, and words with the signs that prices, times and names have inside. */
const EDGE = /^[(\p{Pi}"'`*]+|[)\p{Pf}"'`*.,;:!?…]+$/gu;
const STOPS = /[.,;:!?…]+$/u;
const ORDINARY = /^[\p{L}\p{M}\p{N}.,:%$€£¥&+@#/'’–—-]*$/u;
const LETTERS = /[\p{L}\p{N}]/u;
/** Invisible, private and replacement characters count on their own, wherever they stand. */
const ODD = /[\p{Cf}\p{Co}\p{Cn}\uFFFD]/gu;

const LEAST_TEXTS = 5;

/**
 * One token that is no word and stands in most of the texts but not in the reference: such tokens distort embeddings,
 * so the "new subject" may be no more than that. Null when there is none.
 */
export function stickyToken(texts: readonly string[], reference: readonly string[]): string | null {
  const inside = countOddities(texts);
  let best: string | null = null;
  let most = Math.max(LEAST_TEXTS - 1, texts.length / 2);
  for (const [token, count] of inside) {
    if (count > most || (count === most && best !== null && token < best)) {
      best = token;
      most = count;
    }
  }
  if (best === null) return null;
  const before = (countOddities(reference).get(best) ?? 0) / Math.max(1, reference.length);
  return before * 3 < most / texts.length ? best : null;
}

function countOddities(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) for (const token of oddities(text)) counts.set(token, (counts.get(token) ?? 0) + 1);
  return counts;
}

function oddities(text: string): Set<string> {
  const out = new Set<string>(text.match(ODD) ?? []);
  for (const piece of text.split(/\s+/)) {
    const core = piece.replace(EDGE, "");
    if (core !== "" && ORDINARY.test(core) && LETTERS.test(core)) continue;
    // Brackets belong to {{name}}; the full stop after it does not.
    const token = piece.replace(STOPS, "") || piece;
    if (token !== "" && token !== REDACTED) out.add(token);
  }
  return out;
}
