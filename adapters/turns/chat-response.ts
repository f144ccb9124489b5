import { z } from "zod";
import { errorIn, joinPieces, piecesOf } from "./chat-stream.ts";

/** [token, natural log-probability] pairs, likeliest first; as context-drift takes them. */
export type Scored = [token: string, logProbability: number];

export interface Position {
  readonly test: Scored[];
  readonly reference: Scored[];
}

/** Rounding makes some a little positive. */
const logprob = z.number().max(0.01);
const candidate = z.object({ token: z.string(), logprob, bytes: z.array(z.int().min(0).max(255)).nullish() });
type Candidate = z.output<typeof candidate>;

/** An OpenAI-compatible chat response with `logprobs: true, top_logprobs: k`; vLLM adds prompt_logprobs. */
export const chatResponse = z.object({
  model: z.string().optional(),
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish() }),
        finish_reason: z.string().nullish(),
        logprobs: z
          .object({ content: z.array(candidate.extend({ top_logprobs: z.array(candidate).nullish() })).nullish() })
          .nullish(),
      }),
    )
    .min(1),
  prompt_logprobs: z
    .array(
      z
        .record(z.string(), z.object({ logprob, rank: z.number().nullish(), decoded_token: z.string().nullish() }))
        .nullable(),
    )
    .nullish(),
});

export type ChatResponse = z.output<typeof chatResponse>;

/** One token that was said, and the likeliest in its place. */
export interface SaidToken {
  readonly token: string;
  readonly likeliest: Scored[];
}

const strict = new TextDecoder("utf-8", { fatal: true });
const lossy = new TextDecoder();
const PARTIAL = "bytes:";

/** A token by its bytes: their text where they are whole characters, else their numbers. */
export function nameOf({ token, bytes }: { token: string; bytes?: readonly number[] | null | undefined }): string {
  if (!bytes) return token;
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return `${PARTIAL}${bytes.map((b) => b.toString(16).padStart(2, "0")).join("")}`;
  }
}

/** Whether a token is this text; half a character is told as one that is not known. */
export function isText(token: string, text: string): boolean {
  return token === text || (token.startsWith(PARTIAL) && lossy.decode(Buffer.from(token.slice(6), "hex")) === text);
}

/** Tokens of the answer, without what ends it; null where the response has no log-probabilities. */
export function saidTokens(response: ChatResponse): SaidToken[] | null {
  const choice = response.choices[0]!;
  const content = choice.logprobs?.content;
  if (!content) return null;
  return content.slice(0, tokensOfText(content, choice.message.content ?? "")).map((each) => ({
    token: nameOf(each),
    likeliest: listOf((each.top_logprobs ?? []).map((t) => [nameOf(t), t.logprob])),
  }));
}

/** How many tokens make the text: the stop token, or a stop string, stands behind it and is no part of it. */
function tokensOfText(content: readonly Candidate[], text: string): number {
  const bytes = content.map((each) => (each.bytes ? Buffer.from(each.bytes) : Buffer.from(each.token)));
  const whole = Buffer.from(text);
  if (Buffer.concat(bytes).subarray(0, whole.length).equals(whole)) {
    let count = 0;
    for (let length = 0; length < whole.length; ) length += bytes[count++]!.length;
    return count;
  }
  // Halves of characters are told as U+FFFD, and lengths say nothing.
  let count = content.length;
  while (count > 0 && !content[count - 1]!.token.includes("\ufffd") && !endsWith(text, content[count - 1]!.token))
    count--;
  return count;
}

function endsWith(text: string, token: string): boolean {
  return token !== "" && text.endsWith(token);
}

/** What servers write for a token that cannot be: no number to calculate with. */
const IMPOSSIBLE = -1e6;

/** Those that can be, each token once, likeliest first. */
export function listOf(pairs: readonly Scored[]): Scored[] {
  const seen = new Set<string>();
  return [...pairs]
    .filter(([, logprob]) => logprob >= IMPOSSIBLE)
    .sort((a, b) => b[1] - a[1])
    .filter(([token]) => !seen.has(token) && seen.add(token) !== undefined);
}

/** A response, whole or in the pieces of its stream (a list, or the text of server-sent events); else what is wrong with it. */
export function readResponse(value: unknown): { readonly response: ChatResponse } | { readonly why: string } {
  const pieces = Array.isArray(value) ? value : typeof value === "string" ? piecesOf(value) : null;
  if (typeof value === "string" && pieces === null) return { why: "it is a text, and no stream of a chat response" };
  const joined = pieces === null ? { whole: value } : joinPieces(pieces);
  if ("why" in joined) return joined;
  const failure = errorIn(joined.whole);
  if (failure !== null) return { why: `it is an error: ${failure}` };
  const read = chatResponse.safeParse(joined.whole);
  if (read.success) return { response: read.data };
  const issue = read.error.issues[0]!;
  return { why: `it is no chat response (${issue.path.join(".") || "it"}: ${issue.message})` };
}
