import { z } from "zod";
import type { Rejection } from "../../engine/rejection.ts";
import { numbers } from "../json/numbers.ts";
import type { Options } from "./options.ts";

export const event = z.strictObject({
  text: z.string().optional().describe("The text; its first 1,000 characters are used."),
  embedding: z
    .union([z.string().max(65_536), numbers])
    .optional()
    .describe(
      "Sentence embedding: numbers, or base64 of little-endian float32 (cheaper to read). Any length but zero.",
    ),
  session: z
    .union([z.string().max(256), z.number()])
    .nullish()
    .describe("Conversation that the text is a turn of; its turns count as one step of evidence."),
});

export type TextEvent = z.infer<typeof event>;

export const TEXT_LIMIT = 1000;

const UNSAFE = /[\0\p{Cs}]/u;

/** What is used of a text: bounded, and the same after it was saved as UTF-8. */
export function textOf(event: TextEvent, options: Pick<Options, "texts">): string {
  const text = redact(event.text ?? "", options.texts.redact);
  const cut = text.length > TEXT_LIMIT ? text.slice(0, TEXT_LIMIT) : text;
  return UNSAFE.test(cut) ? cut.replaceAll(/[\0\p{Cs}]/gu, "\ufffd") : cut;
}

/** What a redacted piece reads as. */
export const REDACTED = "…";
/** A pattern is not run over more than this of a text. */
const REDACT_LIMIT = 4 * TEXT_LIMIT;

const patterns = new WeakMap<readonly string[], readonly RegExp[]>();

function redact(text: string, sources: readonly string[]): string {
  if (sources.length === 0) return text;
  let compiled = patterns.get(sources);
  if (compiled === undefined) {
    compiled = sources.map((source) => new RegExp(source, "gu"));
    patterns.set(sources, compiled);
  }
  return compiled.reduce((rest, pattern) => rest.replaceAll(pattern, REDACTED), text.slice(0, REDACT_LIMIT));
}

export function sessionOf(event: TextEvent): string | null {
  const session = event.session;
  if (session === undefined || session === null || session === "") return null;
  const name = String(session);
  return UNSAFE.test(name) ? name.replaceAll(/[\0\p{Cs}]/gu, "\ufffd") : name;
}

/** Number of elements that the embedding claims to have; NaN where it cannot be an embedding. */
export function claimedDimension(embedding: string | ArrayLike<number>): number {
  if (typeof embedding !== "string") return embedding.length;
  let length = embedding.length;
  while (length > 0 && embedding.charCodeAt(length - 1) === 61) length--;
  const bytes = Math.floor((length * 3) / 4);
  return bytes > 0 && bytes % 4 === 0 ? bytes / 4 : Number.NaN;
}

/** Writes the embedding as a unit vector (zero stays zero) into row `row` of `out`; null when it fits. */
export function decodeEmbedding(
  embedding: string | ArrayLike<number>,
  out: Float32Array,
  row: number,
  dim: number,
): Rejection | null {
  const claimed = claimedDimension(embedding);
  if (claimed !== dim) return wrongDimension(claimed, dim);
  const at = row * dim;
  if (typeof embedding !== "string") return normaliseNumbers(embedding, out, at);
  const bytes = Buffer.from(out.buffer, out.byteOffset + at * 4, dim * 4);
  const written = bytes.write(embedding, "base64");
  if (written !== dim * 4) return { reason: "schema", detail: "Field embedding is not base64 of float32." };
  let square = 0;
  for (let i = at; i < at + dim; i++) square += out[i]! * out[i]!;
  if (!Number.isFinite(square))
    return { reason: "not-finite", detail: "Field embedding has a value that is not finite." };
  if (square === 0) return null;
  const scale = 1 / Math.sqrt(square);
  for (let i = at; i < at + dim; i++) out[i] = out[i]! * scale;
  return null;
}

export function wrongDimension(found: number, wanted: number): Rejection {
  const size = Number.isNaN(found) ? "is not a whole number of float32 values" : `has ${found} elements`;
  return { reason: "wrong-dimension", detail: `Field embedding ${size}, the reference has ${wanted}.` };
}

function normaliseNumbers(values: ArrayLike<number>, out: Float32Array, at: number): Rejection | null {
  let square = 0;
  for (let i = 0; i < values.length; i++) square += values[i]! * values[i]!;
  if (!Number.isFinite(square))
    return { reason: "not-finite", detail: "Field embedding has a value that is not finite." };
  const scale = square === 0 ? 0 : 1 / Math.sqrt(square);
  for (let i = 0; i < values.length; i++) out[at + i] = values[i]! * scale;
  return null;
}
