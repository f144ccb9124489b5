/** A unit vector in 8 bits an element, as base64: for a picture, not for a statistic. */
export function packVector(vector: Float32Array): string {
  let largest = 0;
  for (const v of vector) largest = Math.max(largest, Math.abs(v));
  const factor = largest > 0 ? 127 / largest : 0;
  return Buffer.from(Int8Array.from(vector, (v) => Math.round(v * factor))).toString("base64");
}

/** Unit length again. */
export function unpackVector(packed: string): Float32Array {
  const codes = new Int8Array(Buffer.from(packed, "base64"));
  let square = 0;
  for (const code of codes) square += code * code;
  return Float32Array.from(codes, (code) => (square > 0 ? code / Math.sqrt(square) : 0));
}
