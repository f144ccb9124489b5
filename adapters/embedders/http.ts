import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../../engine/errors.ts";
import { fingerprinted } from "./fingerprint.ts";
import { readAnswer } from "./http-answer.ts";
import { type ExternalEmbedder, remembering } from "./remembering.ts";

export interface HttpWish {
  /** …/v1 or …/v1/embeddings. */
  readonly url: string;
  readonly model: string;
  /** Bearer token, asked for before each request: a file behind it may have changed. */
  readonly apiKey: () => string | null;
  /** Elements of a vector; null: whatever the first answer has. */
  readonly dim: number | null;
  /** Texts in one request. */
  readonly batch: number;
  readonly timeoutMs: number;
  /** Requests for the same texts before the failure is told. */
  readonly attempts: number;
  readonly cacheTexts: number;
  /** First wait after a failure; doubled each time, with full jitter. */
  readonly backoffMs?: number;
  /** Whether the weights are still the same is asked before the first texts and so often; never unless given. */
  readonly weightsEveryMs?: number;
}

const MOST_WAIT_MS = 30_000;
const MOST_RETRY_AFTER_MS = 300_000;
/** Others mean that the same request will never be answered. */
const PASSING = new Set([401, 403, 408, 409, 425, 429]);

/**
 * An OpenAI-compatible endpoint. What may pass (no answer, 5xx, 429, nonsense in place of vectors) is tried again here,
 * then thrown as retryable: whoever asks holds its events back. What will not (400, another dimension) is thrown for good.
 */
export async function openHttpEmbedder(wish: HttpWish): Promise<ExternalEmbedder & { close(): Promise<void> }> {
  const stopping = new AbortController();
  const url = /\/embeddings\/?$/.test(wish.url) ? wish.url : `${wish.url.replace(/\/$/, "")}/embeddings`;
  /** A server that said when to come again is not asked before. */
  let notBefore = 0;

  const once = async (texts: readonly string[]): Promise<Float32Array | Failure> => {
    const key = wish.apiKey();
    let response: Response;
    let body: unknown;
    try {
      response = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
        // Some refuse an empty text.
        body: JSON.stringify({ model: wish.model, input: texts.map((t) => t || " "), encoding_format: "float" }),
        signal: AbortSignal.any([stopping.signal, AbortSignal.timeout(wish.timeoutMs)]),
        redirect: "error",
      });
      if (!response.ok) {
        await response.body?.cancel();
        const { status } = response;
        const after = retryAfter(response.headers.get("retry-after"));
        return { why: `it answered ${status}`, passing: status >= 500 || PASSING.has(status), status, after };
      }
      body = await response.json();
    } catch (error) {
      return { why: said(error, wish.timeoutMs), passing: true, status: 0, after: 0 };
    }
    const answer = readAnswer(body, texts.length);
    if ("why" in answer) return { why: answer.why, passing: true, status: 200, after: 0 };
    dim ??= answer.dim;
    if (answer.dim !== dim)
      throw new TidegaugeError("EMBEDDER_CHANGED", { model: wish.model, found: answer.dim, wanted: dim });
    return answer.vectors;
  };

  const patiently = async (texts: readonly string[]): Promise<Float32Array> => {
    for (let attempt = 1; ; attempt++) {
      const wait = notBefore - Date.now();
      if (wait > 0) await pause(wait, stopping.signal);
      const result = await once(texts);
      if (result instanceof Float32Array) return result;
      // Too much at once: in two halves, then.
      if (result.status === 413 && texts.length > 1) {
        const half = texts.length >> 1;
        return joined(await patiently(texts.slice(0, half)), await patiently(texts.slice(half)));
      }
      notBefore = Math.max(notBefore, Date.now() + result.after);
      if (!result.passing) throw new TidegaugeError("EMBEDDER_REFUSED", { url, why: result.why });
      if (attempt >= wish.attempts || stopping.signal.aborted)
        throw new TidegaugeError("EMBEDDER_UNAVAILABLE", { url, why: result.why });
      const most = Math.min(MOST_WAIT_MS, (wish.backoffMs ?? 250) * 2 ** (attempt - 1));
      await pause(Math.random() * most, stopping.signal);
    }
  };

  let dim: number | null = wish.dim;
  if (dim === null) await patiently(["."]);
  const elements = dim!;
  const encoder = { identity: `http ${wish.model}`, dim: elements, atOnce: wish.batch, encode: patiently };
  const close = async (): Promise<void> => stopping.abort();
  const { weightsEveryMs } = wish;
  const told = weightsEveryMs === undefined ? encoder : fingerprinted(encoder, weightsEveryMs);
  return { ...remembering(told, wish.cacheTexts), close };
}

interface Failure {
  readonly why: string;
  /** Whether a later request may be answered. */
  readonly passing: boolean;
  readonly status: number;
  readonly after: number;
}

/** Milliseconds to wait, from seconds or a date. */
function retryAfter(header: string | null): number {
  if (header === null) return 0;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(MOST_RETRY_AFTER_MS, Math.max(0, ms)) : 0;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function said(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1000} s`;
  if (error instanceof SyntaxError) return "its answer is not JSON";
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? error.message;
}
