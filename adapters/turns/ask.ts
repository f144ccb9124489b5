import { TidegaugeError } from "../../engine/errors.ts";
import { type ChatResponse, readResponse } from "./chat-response.ts";

/** An OpenAI-compatible server and a model there. */
export interface Endpoint {
  /** …/v1 */
  readonly url: string;
  readonly model: string;
  readonly apiKey: string | null;
  readonly timeoutMs: number;
}

export interface Message {
  readonly role: string;
  readonly content: string;
}

/** Asks for the next turn, with the log-probabilities of the `top` likeliest tokens (20 is what most servers allow). */
export function askForTurn(endpoint: Endpoint, messages: readonly Message[], top: number, maxTokens: number) {
  return ask(endpoint, { messages, logprobs: true, top_logprobs: top, max_tokens: maxTokens });
}

/** Asks vLLM to score an answer that another model gave to these messages. */
export function askForScore(endpoint: Endpoint, messages: readonly Message[], answer: string, top: number) {
  return ask(endpoint, {
    messages: [...messages, { role: "assistant", content: answer }],
    add_generation_prompt: false,
    continue_final_message: true,
    prompt_logprobs: top,
    max_tokens: 1,
    temperature: 0,
  });
}

const ATTEMPTS = 4;
/** An answer of 4,096 tokens with 20 likeliest each takes 8 MB. */
const MOST_BYTES = 64 << 20;
/** Of a server that says when to come back. */
const LONGEST_WAIT_MS = 60_000;

async function ask(endpoint: Endpoint, body: object): Promise<ChatResponse> {
  for (let attempt = 1; ; attempt++) {
    const answer = await askOnce(endpoint, body);
    if ("response" in answer) return answer.response;
    if (!answer.passing || attempt === ATTEMPTS) {
      throw new TidegaugeError("TURN_UNUSABLE", { who: `${endpoint.model}:`, why: answer.why, reason: "unanswered" });
    }
    const wait = answer.waitMs ?? Math.random() * 500 * 2 ** attempt;
    await new Promise((done) => setTimeout(done, wait));
  }
}

interface Failure {
  readonly why: string;
  /** It may go better next time. */
  readonly passing: boolean;
  /** When the server wants to be asked again. */
  readonly waitMs?: number | null;
}

async function askOnce(
  { url, model, apiKey, timeoutMs }: Endpoint,
  body: object,
): Promise<{ readonly response: ChatResponse } | Failure> {
  try {
    const response = await fetch(`${url.replace(/\/$/, "")}/chat/completions`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model, ...body }),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: "error",
    });
    const text = await readText(response);
    if (text === null) return { why: `its answer is longer than ${MOST_BYTES >> 20} MiB`, passing: false };
    if (!response.ok) {
      const passing = response.status >= 500 || response.status === 429 || response.status === 408;
      const why = `it answered ${response.status} ${text.slice(0, 200).replaceAll(/\s+/g, " ")}`.trim();
      return { why, passing, waitMs: waitOf(response.headers.get("retry-after")) };
    }
    const value = parsed(text);
    if (value === undefined) {
      const cut = /^\s*\{/.test(text);
      return {
        why: cut ? "its answer was cut off, or is no JSON" : "its answer is no JSON: is the URL …/v1?",
        passing: cut,
      };
    }
    const read = readResponse(value);
    return "response" in read ? read : { ...read, passing: false };
  } catch (error) {
    if (error instanceof Error && error.name === "TimeoutError")
      return { why: `it did not answer whole within ${timeoutMs / 1000} s`, passing: true };
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { why: `it did not answer (${cause instanceof Error ? cause.message : String(cause)})`, passing: true };
  }
}

/** JSON, or a stream's text as it is; undefined: neither. */
function parsed(text: string): unknown {
  if (/^\s*(data|event|:)/.test(text)) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function readText(response: Response): Promise<string | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > MOST_BYTES) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** Seconds, or a date. */
function waitOf(header: string | null): number | null {
  if (header === null) return null;
  const ms = /^\d+(\.\d+)?$/.test(header) ? 1000 * Number(header) : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.min(LONGEST_WAIT_MS, Math.max(0, ms)) : null;
}
