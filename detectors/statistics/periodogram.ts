/** Squared moduli of the discrete Fourier transforms of two real series of one length, padded with zeros to a power of 2. */
export function periodograms(a: Float64Array, b: Float64Array): { a: Float64Array; b: Float64Array; length: number } {
  const n = a.length;
  let length = 1;
  while (length < n) length *= 2;
  const re = new Float64Array(length);
  const im = new Float64Array(length);
  re.set(a);
  im.set(b);
  transform(re, im);
  const half = length / 2;
  const ofA = new Float64Array(half);
  const ofB = new Float64Array(half);
  // Both at once: the transform of a + ib, parted by symmetry.
  for (let k = 1; k < half; k++) {
    const [r, i, s, j] = [re[k]!, im[k]!, re[length - k]!, im[length - k]!];
    ofA[k] = ((r + s) ** 2 + (i - j) ** 2) / 4;
    ofB[k] = ((i + j) ** 2 + (s - r) ** 2) / 4;
  }
  return { a: ofA, b: ofB, length };
}

/** Radix 2 in place. */
function transform(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
  for (let size = 2; size <= n; size *= 2) {
    const angle = (-2 * Math.PI) / size;
    for (let k = 0; k < size / 2; k++) {
      const cos = Math.cos(angle * k);
      const sin = Math.sin(angle * k);
      for (let at = k; at < n; at += size) {
        const to = at + size / 2;
        const r = re[to]! * cos - im[to]! * sin;
        const i = re[to]! * sin + im[to]! * cos;
        re[to] = re[at]! - r;
        im[to] = im[at]! - i;
        re[at] = re[at]! + r;
        im[at] = im[at]! + i;
      }
    }
  }
}
