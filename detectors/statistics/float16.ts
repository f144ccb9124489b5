/** IEEE 754 binary16, rounded to nearest with ties to even; overflow becomes infinite, NaN stays NaN. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = halfOf(bits[i]!);
  return out;
}

/** Exact: every binary16 is a binary32. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = table[bits[i]!]!;
  return out;
}

function halfOf(single: number): number {
  const sign = (single >>> 16) & 0x8000;
  const rest = single & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7e00;
  if (rest >= 0x47800000) return sign | 0x7c00;
  if (rest < 0x33000000) return sign;
  const subnormal = rest < 0x38800000;
  // What is cut off decides the rounding; a carry runs into the exponent, which is what it should do.
  const shift = subnormal ? 126 - (rest >>> 23) : 13;
  const mantissa = subnormal ? (rest & 0x7fffff) | 0x800000 : rest - 0x38000000;
  const kept = mantissa >>> shift;
  const cut = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return sign | (kept + (cut > half || (cut === half && (kept & 1) === 1) ? 1 : 0));
}

const table = decodeAll();

function decodeAll(): Float32Array {
  const out = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) {
    const exponent = (bits >>> 10) & 31;
    const mantissa = bits & 1023;
    const size =
      exponent === 0
        ? mantissa * 2 ** -24
        : exponent === 31
          ? mantissa === 0
            ? Number.POSITIVE_INFINITY
            : Number.NaN
          : (1024 + mantissa) * 2 ** (exponent - 25);
    out[bits] = bits & 0x8000 ? -size : size;
  }
  return out;
}
