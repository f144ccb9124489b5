import { z } from "zod";

const piece = z.object({
  choices: z.array(
    z.object({
      delta: z.object({ content: z.string().nullish() }).nullish(),
      logprobs: z.object({ content: z.array(z.unknown()).nullish() }).nullish(),
      finish_reason: z.string().nullish(),
    }),
  ),
});

/** The pieces of a streamed response, recorded as server-sent events or as a list, as the response that was not streamed. */
export function joinPieces(pieces: readonly unknown[]): { readonly whole: object } | { readonly why: string } {
  let content = "";
  const tokens: unknown[] = [];
  let hasTokens = false;
  let finished: string | null = null;
  for (const each of pieces) {
    const read = piece.safeParse(each);
    if (!read.success) {
      const failure = errorIn(each);
      const none = "its stream has a piece that is none of a chat response";
      return { why: failure === null ? none : `its stream breaks off with ${failure}` };
    }
    const choice = read.data.choices[0];
    if (choice === undefined) continue;
    content += choice.delta?.content ?? "";
    if (choice.logprobs?.content) {
      hasTokens = true;
      tokens.push(...choice.logprobs.content);
    }
    finished = choice.finish_reason ?? finished;
  }
  if (finished === null) return { why: "its stream ended before the answer did" };
  const logprobs = hasTokens ? { content: tokens } : null;
  return { whole: { choices: [{ message: { content }, logprobs, finish_reason: finished }] } };
}

/** The data of server-sent events; null where the text is none, or is not JSON. */
export function piecesOf(text: string): unknown[] | null {
  const pieces: unknown[] = [];
  for (const block of text.split(/\r?\n\r?\n/)) {
    const data = block
      .split(/\r?\n/)
      .filter((line) => line.startsWith("data:"))
      .map((line) => line.slice(5).trimStart())
      .join("\n");
    if (data === "[DONE]" || data === "") continue;
    try {
      pieces.push(JSON.parse(data));
    } catch {
      return null;
    }
  }
  return pieces.length === 0 ? null : pieces;
}

/** What a server says is wrong, in place of an answer. */
export function errorIn(value: unknown): string | null {
  const error = (value as { error?: { message?: unknown } | null } | null)?.error;
  return error ? JSON.stringify(error.message ?? error).slice(0, 200) : null;
}
