import { TidegaugeError } from "../../engine/errors.ts";
import { type ChatResponse, chatResponse } from "./chat-response.ts";

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

async function ask(endpoint: Endpoint, body: object): Promise<ChatResponse> {
  for (let attempt = 1; ; attempt++) {
    const answer = await askOnce(endpoint, body);
    if ("choices" in answer) return answer;
    if (!answer.passing || attempt === ATTEMPTS) {
      throw new TidegaugeError("TURN_UNUSABLE", { who: endpoint.model, why: answer.why, reason: "unanswered" });
    }
    await new Promise((done) => setTimeout(done, Math.random() * 500 * 2 ** attempt));
  }
}

interface Failure {
  readonly why: string;
  /** It may go better next time. */
  readonly passing: boolean;
}

async function askOnce({ url, model, apiKey, timeoutMs }: Endpoint, body: object): Promise<ChatResponse | Failure> {
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
    if (!response.ok) {
      const said = (await response.text()).slice(0, 200).replaceAll(/\s+/g, " ");
      const passing = response.status >= 500 || response.status === 429 || response.status === 408;
      return { why: `it answered ${response.status} ${said}`.trim(), passing };
    }
    const read = chatResponse.safeParse(await response.json());
    return read.success ? read.data : { why: "its answer is no chat response", passing: false };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { why: cause instanceof Error ? cause.message : String(cause), passing: true };
  }
}
