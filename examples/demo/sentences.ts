/** Splits a speech into clean sentences. Made for transcripts of addresses in English. */
export function splitSentences(speech: string): string[] {
  return pieces(tidy(speech))
    .flatMap(halve)
    .map((piece) => piece.trim())
    .filter((piece) => wordCount(piece) >= LEAST_WORDS);
}

/** "Thank you." and "We will not." say nothing on their own. */
const LEAST_WORDS = 4;
const MOST_WORDS = 60;

const BEFORE_A_NAME =
  "Mr Mrs Ms Dr Prof Rev Hon Sen Rep Gen Gov Lt Col Capt Maj Sgt Adm Cmdr Pres Messrs St Mt Ft No Nos Art Sec Secs vs viz cf";
const MAY_END = "Jr Sr Inc Co Corp Ltd Bros Esq etc Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec";
const NEVER_END = new Set(BEFORE_A_NAME.toLowerCase().split(" "));
const SOMETIMES_END = new Set(MAY_END.toLowerCase().split(" "));
/** After an abbreviation only these are taken for the start of a sentence. */
const STARTERS = new Set(
  "The A An We I You He She They It This That These Those Our My Your His Her Its Their And But So Or Yet In On At By For From With To If When While As Let There Here Now Then Today Tonight Not No What Why How Who".split(
    " ",
  ),
);

/** Notes of the stenographer out, signs of one kind, blanks where they belong. */
function tidy(speech: string): string {
  return speech
    .replace(/[[(](?:applause|laughter|cheers|missing text|sic|at this point)[^\])]*[\])]/gi, " ")
    .replace(/\[(?:p\.)?\d+\]/g, " ")
    .replace(/[[\]]/g, "")
    .replace(/[\u00ad\u200b\ufeff]/g, "")
    .replace(/[\u2010\u2011]/g, "-")
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]|``|''/g, '"')
    .replace(/\s*(?:\. ?){3,}/g, "… ")
    .replace(/\s+([.,;:?!])/g, "$1")
    .replace(/([a-z]{2}[.?!])([A-Z][a-z])/g, "$1 $2")
    .replace(/\s*(?:--+|–-|[—―])\s*|\s–\s/g, " — ")
    .replace(/\s+/g, " ")
    .trim();
}

function pieces(text: string): string[] {
  const out: string[] = [];
  let start = 0;
  for (const stop of text.matchAll(/[.?!…]+["')]*(?=\s)/g)) {
    const end = stop.index + stop[0].length;
    if (!endsThere(text, stop.index, stop[0], text.slice(end, end + 40))) continue;
    out.push(text.slice(start, end));
    start = end;
  }
  out.push(text.slice(start));
  return out;
}

function endsThere(text: string, at: number, stop: string, after: string): boolean {
  const next = /^\s+["'(]*([\p{L}\p{N}$]+)/u.exec(after)?.[1] ?? "";
  if (!/^[\p{Lu}\p{N}$]/u.test(next)) return false;
  if (!stop.startsWith(".") || stop.startsWith("..")) return true;
  const word = /[\p{L}.]+$/u.exec(text.slice(Math.max(0, at - 20), at))?.[0] ?? "";
  // Before a figure "No. 5" goes on, and so does "Dr. King" before a name.
  if (NEVER_END.has(word.toLowerCase()) && /^[A-Z]|^nos?$|^vs$/.test(word))
    return word === "No" && !/^\p{N}/u.test(next);
  const initials = /^(?:\p{Lu}\.)*\p{Lu}$/u.test(word) && word !== "I";
  const hours = /^[ap]\.m$/.test(word);
  if (initials || hours || SOMETIMES_END.has(word.toLowerCase())) return STARTERS.has(next);
  return true;
}

/** A piece that is too long for one thought parts at its best joint nearest to the middle. */
function halve(piece: string): string[] {
  if (wordCount(piece) <= MOST_WORDS) return [piece];
  for (const joint of [/; /g, / — |: /g, /, (?:and|but|or|which|that|for|to) /g, /, /g, / /g]) {
    const cuts = [...piece.matchAll(joint)].map((m) => m.index + 1).filter((cut) => share(piece, cut));
    if (cuts.length === 0) continue;
    const middle = piece.length / 2;
    const cut = cuts.reduce((best, one) => (Math.abs(one - middle) < Math.abs(best - middle) ? one : best));
    return [piece.slice(0, cut), piece.slice(cut)].map((part) => part.replace(/^[\s—]+/, "")).flatMap(halve);
  }
  return [piece];
}

function share(piece: string, cut: number): boolean {
  return cut > piece.length / 6 && cut < (piece.length * 5) / 6;
}

function wordCount(text: string): number {
  return text.match(/[\p{L}\p{N}]+(?:['’.,-][\p{L}\p{N}]+)*/gu)?.length ?? 0;
}
