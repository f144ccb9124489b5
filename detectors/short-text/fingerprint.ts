import type { Embedder } from "../../engine/detector.ts";
import { TidegaugeError } from "../../engine/errors.ts";
import { LEAST_LIKENESS, likeness } from "../../engine/likeness.ts";
import { packVector, unpackVector } from "./pack-vector.ts";

/** What the encoder outside made of one fixed text when a key saw its first vector; null: before, or its identity tells. */
export type Fingerprint = string | null;

const packed = new WeakMap<Float32Array, string>();

/** The encoder's own; null where its identity names the weights, and before it was asked. */
export function fingerprintOf(embedder: Embedder): Fingerprint {
  const vector = embedder.kind === "external" ? (embedder.fingerprint?.() ?? null) : null;
  if (vector === null) return null;
  let text = packed.get(vector);
  if (text === undefined) {
    text = packVector(vector);
    packed.set(vector, text);
  }
  return text;
}

/**
 * Refuses vectors of other weights than those that a key has learnt from.
 * @throws EMBEDDER_WEIGHTS
 */
export function checkWeights(known: Fingerprint, embedder: Embedder): void {
  const now = fingerprintOf(embedder);
  if (known === null || now === null || known === now || embedder.kind !== "external") return;
  const found = likeness(unpackVector(known), unpackVector(now));
  if (found < LEAST_LIKENESS)
    throw new TidegaugeError("EMBEDDER_WEIGHTS", { model: embedder.identity, found: found.toFixed(3) });
}
