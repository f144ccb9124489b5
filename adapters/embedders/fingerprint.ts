import { TidegaugeError } from "../../engine/errors.ts";
import { LEAST_LIKENESS, likeness } from "../../engine/likeness.ts";
import type { Encoder } from "./remembering.ts";

/** Asked for alone, so that no neighbour in a batch changes its vector. */
export const PROBE = "My parcel was to come on Friday, but nobody can tell me where it is now.";

/**
 * Asks an encoder whose name says nothing of its weights for one fixed text: before the first texts, and again before
 * texts that come `everyMs` or more after it was last asked. Other weights under the same name are refused.
 */
export function fingerprinted(
  encoder: Encoder,
  everyMs: number,
  now: () => number = Date.now,
): Encoder & { fingerprint(): Float32Array | null } {
  let first: Float32Array | null = null;
  let askedAt = 0;
  return {
    ...encoder,
    fingerprint: () => first,
    async encode(texts) {
      if (first === null || now() - askedAt >= everyMs) {
        const at = now();
        const vector = await encoder.encode([PROBE]);
        first ??= vector;
        const found = likeness(first, vector);
        // Refused again until they are the same: the time stays as it was.
        if (found < LEAST_LIKENESS)
          throw new TidegaugeError("EMBEDDER_WEIGHTS", { model: encoder.identity, found: found.toFixed(3) });
        askedAt = at;
      }
      return encoder.encode(texts);
    },
  };
}
