import { normalise } from "./remembering.ts";

/** What a server answered, or what is wrong with it. */
export type Answer = { readonly vectors: Float32Array; readonly dim: number } | { readonly why: string };

/**
 * An OpenAI-style answer `{"data": [{"index", "embedding": numbers or base64 of float32}]}` for `count` texts, in any
 * order, made unit vectors.
 */
export function readAnswer(body: unknown, count: number): Answer {
  const data = (body as { data?: unknown } | null)?.data;
  if (!Array.isArray(data)) return { why: "its answer has no list `data`" };
  if (data.length !== count) return { why: `it gave ${data.length} vectors for ${count} texts` };
  let vectors: Float32Array | null = null;
  let dim = 0;
  const seen = new Set<number>();
  for (const [place, item] of data.entries()) {
    const { embedding, index = place } = (item ?? {}) as { embedding?: unknown; index?: unknown };
    if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= count || seen.has(index as number))
      return { why: `its answer has a wrong index (${String(index)})` };
    seen.add(index as number);
    const row = readVector(embedding);
    if (row === null) return { why: "an embedding of its answer is no list of finite numbers" };
    if (vectors === null) {
      dim = row.length;
      vectors = new Float32Array(count * dim);
    }
    if (row.length !== dim) return { why: `its vectors have ${dim} and ${row.length} elements` };
    if (!normalise(row)) return { why: "an embedding of its answer is zero or infinite" };
    vectors.set(row, (index as number) * dim);
  }
  return vectors === null ? { why: "its answer is empty" } : { vectors, dim };
}

function readVector(embedding: unknown): Float32Array | null {
  if (typeof embedding === "string") {
    const bytes = Buffer.from(embedding, "base64");
    if (bytes.length === 0 || bytes.length % 4 !== 0) return null;
    const row = new Float32Array(bytes.length / 4);
    for (let i = 0; i < row.length; i++) row[i] = bytes.readFloatLE(4 * i);
    return row;
  }
  if (!Array.isArray(embedding) || embedding.length === 0 || embedding.length > 65_536) return null;
  if (!embedding.every((v) => typeof v === "number" && Number.isFinite(v))) return null;
  return Float32Array.from(embedding as number[]);
}
