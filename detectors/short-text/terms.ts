import { normalise, wordsOf } from "./ngrams.ts";

/** Words that carry no subject; the lift against the reference does the rest, in any language. */
const PLAIN = new Set(
  (
    "a about after again all also am an and any are aren't as at be because been before being but by can can't cannot " +
    "could did didn't do does doesn't doing don't down each every few for from get give go going got had has have having he " +
    "her here here's hers him his how how's i i'd i'll i'm i've if in into is isn't it it's its just know let let's like me " +
    "more most much must my need no nor not now of off on once one only or other our ours out over own please put same " +
    "say see she should so some such take tell than thank thanks that that's the their them then there there's these " +
    "they they're they've this those through to too two under until up upon us use very want was wasn't way we we'd we'll we're " +
    "we've were what what's when where where's which while who whom who's why will with won't would yes yet you you'd " +
    "you'll you're you've your yours make made many may might shall without whether within across against although among " +
    "another anyone anything back between during either else even ever everyone everything however instead lot lots " +
    "never none nothing often others perhaps quite rather really since someone something still than though thing things " +
    "throughout toward towards unless until upon used using via well whatever yet"
  ).split(" "),
);

/** Document frequency of every term (1–2-grams) in a set of texts. */
export interface TermIndex {
  readonly frequency: ReadonlyMap<string, number>;
  readonly texts: number;
}

export function indexTerms(texts: readonly string[]): TermIndex {
  const frequency = new Map<string, number>();
  for (const text of texts) for (const term of termsIn(text)) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  return { frequency, texts: texts.length };
}

/** What can be asked of an index. */
export interface TermCounts {
  readonly frequency: { get(term: string): number | undefined };
  readonly texts: number;
}

/** An index without some of its texts. */
export function withoutSome(index: TermIndex, some: readonly string[]): TermCounts {
  const out = indexTerms(some);
  return {
    frequency: { get: (term) => (index.frequency.get(term) ?? 0) - (out.frequency.get(term) ?? 0) },
    texts: index.texts - out.texts,
  };
}

/** What is not three times as frequent as before reads as chatter. */
const LEAST_LIFT = 3;

/**
 * What the group says more often than the reference: gain of its document frequency over the expected one,
 * n ln(n/E) − (n − E), strongest first; only what at least `leastShare` of the group says, and with a gain of at least
 * `leastGain`.
 */
export function distinctiveTerms(
  group: readonly string[],
  reference: TermCounts,
  most: number,
  { leastShare = 0, leastGain = 0 }: { readonly leastShare?: number; readonly leastGain?: number } = {},
): string[] {
  const inside = indexTerms(group);
  const least = Math.max(group.length >= 3 ? 2 : 1, leastShare * group.length);
  const scored: Scored[] = [];
  for (const [term, count] of inside.frequency) {
    const expected = (group.length * ((reference.frequency.get(term) ?? 0) + 1)) / (reference.texts + 1);
    if (count < least || count <= LEAST_LIFT * expected) continue;
    const score = count * Math.log(count / expected) - (count - expected);
    if (score >= leastGain) scored.push({ term, count, score });
  }
  scored.sort((a, b) => b.score - a.score || b.term.length - a.term.length || (a.term < b.term ? -1 : 1));
  const chosen: Scored[] = [];
  for (const next of scored) place(chosen, next, most);
  return chosen.map((one) => one.term);
}

/** A pair takes the place of its words when it is said nearly as often; what else overlaps is left out. */
function place(chosen: Scored[], next: Scored, most: number): void {
  const rivals = chosen.filter((one) => overlap(one.term, next.term));
  const covers = isPair(next) && rivals.every((one) => !isPair(one) && next.count >= 0.7 * one.count);
  const wider = !isPair(next) && rivals.every((one) => isPair(one) && next.count >= 2 * one.count);
  if (rivals.length === 0 || wider) {
    if (chosen.length < most) chosen.push(next);
  } else if (covers) {
    chosen[chosen.indexOf(rivals[0]!)] = next;
    for (const rival of rivals.slice(1)) chosen.splice(chosen.indexOf(rival), 1);
  }
}

interface Scored {
  readonly term: string;
  readonly count: number;
  readonly score: number;
}

function isPair(one: Scored): boolean {
  return one.term.includes(" ");
}

/** Scripts that put no blanks between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;
const segmenter = new Intl.Segmenter("und", { granularity: "word" });

function separated(word: string): string[] {
  if (!UNSPACED.test(word)) return [word.replace(/'s$/, "")];
  return Array.from(segmenter.segment(word), ({ segment }) => segment);
}

/** Distinct 1–2-grams of a text that a person would take for a subject; no single letters. */
export function termsIn(text: string): Set<string> {
  const words = wordsOf(normalise(text).replaceAll("’", "'")).flatMap(separated);
  const out = new Set<string>();
  let before = "";
  for (const word of words) {
    const subject = word.length > 1 && !PLAIN.has(word);
    const numeric = /^\p{N}+$/u.test(word);
    if (subject && !numeric) out.add(word);
    if (subject && before !== "") out.add(`${before} ${word}`);
    before = subject ? word : "";
  }
  return out;
}

function overlap(a: string, b: string): boolean {
  return a.split(" ").some((word) => b.split(" ").some((other) => sameStem(word, other)));
}

/** One word in two endings, as far as that can be told without knowing the language. */
export function sameStem(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short === long || (short.length >= 4 && long.length - short.length <= 2 && long.startsWith(short));
}
