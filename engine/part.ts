import { createHash } from "node:crypto";
import type { Part } from "./detector.ts";

/** Makes an immutable piece of a snapshot; the caller must not write to `bytes` afterwards. */
export function makePart(bytes: Uint8Array): Part {
  return { hash: createHash("sha256").update(bytes).digest("hex").slice(0, 32), bytes };
}
