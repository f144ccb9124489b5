import type { Embedder } from "../../engine/detector.ts";

export type ExternalEmbedder = Extract<Embedder, { kind: "external" }>;

export interface Encoder {
  readonly identity: string;
  readonly dim: number;
  /** Texts handed to encode() at once: what a failure has to do again. */
  readonly atOnce: number;
  /** Different texts → row-major [texts.length, dim], unit vectors. */
  encode(texts: readonly string[]): Promise<Float32Array>;
  /** As the embedder's. */
  fingerprint?(): Float32Array | null;
}

/** An encoder that is asked for each text once, as long as it is among the last `most` different ones. */
export function remembering(encoder: Encoder, most: number): ExternalEmbedder {
  const { identity, dim, fingerprint } = encoder;
  // In the order of their last use, oldest first.
  const known = new Map<string, Float32Array>();
  const recall = (text: string): Float32Array | undefined => {
    const vector = known.get(text);
    if (vector === undefined) return undefined;
    known.delete(text);
    known.set(text, vector);
    return vector;
  };
  return {
    kind: "external",
    identity,
    dim,
    ...(fingerprint && { fingerprint }),
    async embed(texts) {
      const found = new Map<string, Float32Array>();
      const wanted: string[] = [];
      for (const text of texts) {
        if (found.has(text)) continue;
        const vector = recall(text);
        found.set(text, vector ?? NOTHING);
        if (vector === undefined) wanted.push(text);
      }
      for (let from = 0; from < wanted.length; from += encoder.atOnce) {
        const some = wanted.slice(from, from + encoder.atOnce);
        const made = await encoder.encode(some);
        some.forEach((text, i) => {
          const vector = made.slice(i * dim, (i + 1) * dim);
          found.set(text, vector);
          known.set(text, vector);
        });
        for (const oldest of known.keys()) {
          if (known.size <= most) break;
          known.delete(oldest);
        }
      }
      const out = new Float32Array(texts.length * dim);
      texts.forEach((text, i) => {
        out.set(found.get(text)!, i * dim);
      });
      return out;
    },
  };
}

const NOTHING = new Float32Array(0);

/** Scales a row to length one; false where it has none. */
export function normalise(row: Float32Array): boolean {
  let square = 0;
  for (let i = 0; i < row.length; i++) square += row[i]! * row[i]!;
  if (!(square > 0 && square < Number.POSITIVE_INFINITY)) return false;
  const scale = 1 / Math.sqrt(square);
  for (let i = 0; i < row.length; i++) row[i]! *= scale;
  return true;
}
