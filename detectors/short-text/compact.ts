/** Few counts in many bins: runs of zeros and small numbers in as few bytes as they need. */
export function packCounts(counts: Uint32Array): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < counts.length; ) {
    if (counts[i]! > 0) {
      pack(bytes, counts[i++]!);
      continue;
    }
    const from = i;
    while (i < counts.length && counts[i] === 0) i++;
    bytes.push(0);
    pack(bytes, i - from);
  }
  return Uint8Array.from(bytes);
}

export function unpackCounts(bytes: Uint8Array, length: number): Uint32Array {
  const counts = new Uint32Array(length);
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  for (let i = 0; at < bytes.length; ) {
    const value = next();
    if (value > 0) counts[i++] = value;
    else i += next();
  }
  return counts;
}

function pack(bytes: number[], value: number): void {
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}
