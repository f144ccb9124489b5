const NAMES = ["NaN", "-Infinity", "Infinity"];

/** Whether the text is JSON but for NaN, Infinity and -Infinity, which Python and others write unasked. */
export function isJsonWithBareNumbers(text: string): boolean {
  const mended = replaceBareNumbers(text);
  if (mended === null) return false;
  try {
    JSON.parse(mended);
    return true;
  } catch {
    return false;
  }
}

/** Null when there is none outside strings. One pass without backtracking: the text may be hostile. */
function replaceBareNumbers(text: string): string | null {
  const pieces: string[] = [];
  let kept = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '"') i = endOfString(text, i);
    else if (char === "N" || char === "I" || char === "-") {
      const name = NAMES.find((each) => text.startsWith(each, i));
      if (name === undefined) continue;
      pieces.push(text.slice(kept, i), "0");
      i += name.length - 1;
      kept = i + 1;
    }
  }
  return kept === 0 ? null : pieces.join("") + text.slice(kept);
}

/** Index of the closing quote, or of the text's end. */
function endOfString(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    if (text[i] === "\\") i += 1;
    else if (text[i] === '"') return i;
  }
  return text.length;
}
