import { TidegaugeError } from "../../engine/errors.ts";
import { type ChatResponse, isText, listOf, type Position, type Scored, saidTokens } from "./chat-response.ts";

/**
 * Two answers to the same messages, each with its own log-probabilities. They stand on the same prefix only as long as both
 * said the same: the positions go up to the first token that differs, that one included.
 */
export function positionsOfTwoAnswers(test: ChatResponse, reference: ChatResponse): Position[] {
  const [a, b] = [saidTokens(test), saidTokens(reference)];
  if (a === null || b === null) throw unusable(a === null ? "the test model" : "the reference", LOGPROBS);
  const positions: Position[] = [];
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    positions.push({ test: a[i]!.likeliest, reference: b[i]!.likeliest });
    if (a[i]!.token !== b[i]!.token) break;
  }
  return withLists(positions);
}

/**
 * The test model's answer, and a response of the reference whose prompt ended with that answer (vLLM: `prompt_logprobs: k`,
 * `continue_final_message: true`): every token is scored on the same prefix.
 */
export function positionsOfScoredAnswer(test: ChatResponse, scored: ChatResponse, top: number): Position[] {
  const said = saidTokens(test);
  if (said === null) throw unusable("the test model", LOGPROBS);
  const prompt = scored.prompt_logprobs;
  if (!prompt) throw unusable("the reference", "its response has no prompt_logprobs: is it vLLM?");
  const tail = prompt.slice(prompt.length - said.length);
  if (tail.length < said.length) throw unusable("the reference", "its prompt is shorter than the answer");
  const positions = said.map(({ token, likeliest }, i) => {
    const entries = Object.values(tail[i] ?? {});
    if (entries.length === 0)
      throw unusable("the reference", `its prompt_logprobs have nothing at token ${i} of the answer`);
    // One beyond the likeliest can only be the prompt's own token.
    const own = entries.find((e) => (e.rank ?? 0) > top);
    if (
      own === undefined
        ? !entries.some((e) => isText(token, e.decoded_token ?? ""))
        : !isText(token, own.decoded_token ?? "")
    ) {
      const found = own?.decoded_token ?? entries[0]?.decoded_token ?? "nothing";
      const why = `token ${i} is ${JSON.stringify(token)} for the test model and ${JSON.stringify(found)} for the reference: they do not share a tokenizer`;
      throw new TidegaugeError("TURN_UNUSABLE", { who: "of the answer", why, reason: "tokenizer-mismatch" });
    }
    // vLLM adds the prompt's own token where it is not among the likeliest: the list's end must be its least likely.
    const pairs = entries.filter((e) => (e.rank ?? 1) <= top).map((e): Scored => [e.decoded_token ?? "", e.logprob]);
    return { test: likeliest, reference: listOf(pairs) };
  });
  return withLists(positions);
}

/** A position without a list has no divergence. */
function withLists(positions: Position[]): Position[] {
  for (const { test, reference } of positions) {
    if (test.length === 0 || reference.length === 0)
      throw unusable(
        test.length === 0 ? "the test model" : "the reference",
        "it names no likeliest tokens: ask with top_logprobs: 20",
      );
  }
  return positions;
}

const LOGPROBS = "its response has no logprobs: ask with logprobs: true and top_logprobs";

function unusable(who: string, why: string): TidegaugeError {
  return new TidegaugeError("TURN_UNUSABLE", { who: `${who}:`, why, reason: "missing-field" });
}
