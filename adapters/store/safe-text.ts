/**
 * Postgres text holds neither NUL nor lone surrogates, and two keys that differ only in those must stay two keys.
 * So those characters (and the escape itself) are stored as ESC and four hex digits; reading gives back what was written.
 */
const ESCAPE = "\u001b";

export function toText(value: string): string {
  return isPlain(value) ? value : escapeOdd(value);
}

export function fromText(stored: string): string {
  if (!stored.includes(ESCAPE)) return stored;
  const pieces = stored.split(ESCAPE);
  let out = pieces[0]!;
  for (let i = 1; i < pieces.length; i++) {
    const piece = pieces[i]!;
    out += String.fromCharCode(Number.parseInt(piece.slice(0, 4), 16)) + piece.slice(4);
  }
  return out;
}

/** JSON text as Postgres `json` takes it: JSON.stringify escapes NUL and lone surrogates itself. */
export function toJson(value: unknown): string {
  return JSON.stringify(value);
}

function isPlain(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 0 || code === 0x1b) return false;
    if (code >= 0xd800 && code <= 0xdfff) {
      if (!pairAt(value, i)) return false;
      i++;
    }
  }
  return true;
}

function pairAt(value: string, i: number): boolean {
  if (value.charCodeAt(i) > 0xdbff) return false;
  const low = value.charCodeAt(i + 1);
  return low >= 0xdc00 && low <= 0xdfff;
}

function escapeOdd(value: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    const surrogate = code >= 0xd800 && code <= 0xdfff;
    if (surrogate && pairAt(value, i)) {
      i++;
      continue;
    }
    if (code !== 0 && code !== 0x1b && !surrogate) continue;
    pieces.push(value.slice(from, i), ESCAPE, code.toString(16).padStart(4, "0"));
    from = i + 1;
  }
  pieces.push(value.slice(from));
  return pieces.join("");
}
