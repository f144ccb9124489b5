/** sfc32 with its counter: four uint32 in a key's running state, so a saved generator goes on where it was. */
export type Random = Uint32Array;

/** Seeded by any number of integers and strings. */
export function createRandom(...seeds: readonly (number | string)[]): Random {
  const state = new Uint32Array([
    hash32(`a${seeds.join("\u0001")}`),
    hash32(`b${seeds.join("\u0001")}`),
    hash32(`c${seeds.join("\u0001")}`),
    1,
  ]);
  for (let i = 0; i < 15; i++) nextUint32(state);
  return state;
}

export function nextUint32(s: Random): number {
  const a = s[0]!;
  const b = s[1]!;
  const c = s[2]!;
  const t = (a + b + s[3]!) >>> 0;
  s[3] = s[3]! + 1;
  s[0] = b ^ (b >>> 9);
  s[1] = c + (c << 3);
  s[2] = ((c << 21) | (c >>> 11)) + t;
  return t;
}

/** Uniform in [0, 1), 32 bits. */
export function uniform(s: Random): number {
  return nextUint32(s) / 4294967296;
}

/** FNV-1a over UTF-16 code units, with a final avalanche. */
export function hash32(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
