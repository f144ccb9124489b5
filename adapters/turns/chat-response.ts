import { z } from "zod";

/** [token, natural log-probability] pairs, likeliest first; as context-drift takes them. */
export type Scored = [token: string, logProbability: number];

export interface Position {
  readonly test: Scored[];
  readonly reference: Scored[];
}

/** Rounding makes some a little positive. */
const logprob = z.number().max(0.01);
const candidate = z.object({ token: z.string(), logprob, bytes: z.array(z.int().min(0).max(255)).nullish() });

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

/** A token by its bytes: their text where they are whole characters, else their numbers. */
export function nameOf({ token, bytes }: { token: string; bytes?: readonly number[] | null | undefined }): string {
  if (!bytes) return token;
  try {
    return strict.decode(Uint8Array.from(bytes));
  } catch {
    return `bytes:${bytes.map((b) => b.toString(16).padStart(2, "0")).join("")}`;
  }
}

/** Tokens of the answer, without what ends it; null where the response has no log-probabilities. */
export function saidTokens(response: ChatResponse): SaidToken[] | null {
  const choice = response.choices[0]!;
  const content = choice.logprobs?.content;
  if (!content) return null;
  const text = choice.message.content ?? "";
  const said: SaidToken[] = [];
  let length = 0;
  for (const each of content) {
    // The stop token stands behind the text; its own text is no part of it.
    if (length >= text.length && !/^bytes:/.test(nameOf(each))) break;
    length += each.token.length;
    said.push({ token: nameOf(each), likeliest: listOf((each.top_logprobs ?? []).map((t) => [nameOf(t), t.logprob])) });
  }
  return said;
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

/** What keeps a value from being a response, a few words. */
export function wrongWith(value: unknown): string {
  if (Array.isArray(value) || typeof value === "string") return "a stream's pieces? Ask with stream: false";
  const issue = chatResponse.safeParse(value).error?.issues[0];
  return issue === undefined ? "" : `${issue.path.join(".") || "it"}: ${issue.message}`;
}
