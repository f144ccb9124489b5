import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { divergenceOfPositions } from "../../detectors/context-drift/positions.ts";
import { makeTurns, sayingModel } from "../../test/support/turns.ts";
import { isText, nameOf, saidTokens } from "./chat-response.ts";
import { serveChat } from "./fake-server.ts";

let small: Awaited<ReturnType<typeof serveChat>>;
let large: Awaited<ReturnType<typeof serveChat>>;
let strange: Awaited<ReturnType<typeof serveChat>>;

beforeAll(async () => {
  small = await serveChat(sayingModel([" the", " card", " is", " late"], 0.65));
  large = await serveChat(sayingModel([" the", " card", " is", " lost"], 0.9));
  strange = await serveChat(sayingModel([" the"], 0.9, (text) => [...text]));
});
afterAll(async () => {
  for (const server of [small, large, strange]) await server.close();
});

const messages = [{ role: "user", content: "where is my card?" }];
const ask = () => [
  "--test",
  small.url,
  "--test-model",
  "small",
  "--reference",
  large.url,
  "--reference-model",
  "large",
];

describe("turns", () => {
  test("of vLLM's prompt_logprobs: every token of the answer on the same prefix, the prompt's own token left out", async () => {
    const line = { conversation: "c-1", turn: 3, messages, intervention: "reminder" };
    const { code, events } = await makeTurns([line], [...ask(), "--top", "3"]);
    expect(code).toBe(0);
    const [event] = events;
    expect(event).toMatchObject({ conversation: "c-1", turn: 3, model: "small", intervention: "reminder" });
    expect(event!.positions).toHaveLength(4);
    for (const { test, reference } of event!.positions) {
      expect(test).toHaveLength(3);
      expect(reference).toHaveLength(3);
    }
    // " late" is not among the reference's three likeliest of the last position: vLLM sent it all the same.
    expect(event!.positions[3]!.reference.map(([t]) => t)).not.toContain(" late");
    expect(large.asked.at(-1)).toMatchObject({ prompt_logprobs: 3, continue_final_message: true });
  });

  test("have the divergence that the two distributions have", async () => {
    const { events } = await makeTurns([{ conversation: "c-1", messages }], [...ask(), "--top", "8"]);
    const { positions } = events[0]!;
    const same = 0.65 * Math.log(0.65 / 0.9) + 0.35 * Math.log(0.35 / 0.1);
    const other = 0.05;
    const last =
      0.65 * Math.log(0.65 / (0.1 / 7)) + other * Math.log(other / 0.9) + 6 * other * Math.log(other / (0.1 / 7));
    expect(divergenceOfPositions(positions).mean).toBeCloseTo((3 * same + last) / 4, 6);
  });

  test("of two answers end with the first token that differs", async () => {
    const { events } = await makeTurns([{ conversation: "c-1", messages }], [...ask(), "--compare"]);
    expect(events[0]!.positions).toHaveLength(4);
    expect(events[0]!.positions[3]!.test[0]![0]).toBe(" late");
    expect(events[0]!.positions[3]!.reference[0]![0]).toBe(" lost");
  });

  test("of recorded responses need no server; a line without log-probabilities is refused, the others are written", async () => {
    const response = (token: string) => ({
      choices: [
        {
          message: { content: token },
          logprobs: { content: [{ token, logprob: -0.1, top_logprobs: [{ token, logprob: -0.1 }] }] },
        },
      ],
    });
    const bare = { choices: [{ message: { content: "yes" } }] };
    const { code, events } = await makeTurns(
      [
        { conversation: 1, test: response("yes"), reference: response("no") },
        { conversation: 2, test: bare, reference: response("no") },
        { conversation: 3, test: "nonsense", reference: response("no") },
      ],
      [],
    );
    expect(code).toBe(0);
    expect(events.map((e) => e.conversation)).toEqual([1]);
  });

  test("of models that cut the answer into other tokens are refused", async () => {
    const args = ["--test", small.url, "--test-model", "s", "--reference", strange.url, "--reference-model", "x"];
    const { code, events } = await makeTurns([{ conversation: "c-1", messages }], args);
    expect(code).toBe(1);
    expect(events).toEqual([]);
  });
});

test("tokens are named by their bytes, whole characters or not; the stop token is left out", () => {
  expect(nameOf({ token: "Ã©", bytes: [0xc3, 0xa9] })).toBe("é");
  expect(nameOf({ token: "\ufffd", bytes: [0xc3] })).toBe("bytes:c3");
  expect(isText("bytes:c3", "\ufffd")).toBe(true);
  expect(isText("bytes:c3", "é")).toBe(false);
  const content = ["a", "b", "</s>"].map((token) => ({ token, logprob: 0, bytes: null, top_logprobs: [] }));
  const said = saidTokens({ choices: [{ message: { content: "ab" }, logprobs: { content } }] });
  expect(said!.map((s) => s.token)).toEqual(["a", "b"]);
});

test("an answer of characters that are cut into several tokens keeps all of them", () => {
  const saidOf = (tokens: [string, number[] | null][]) => {
    const content = tokens.map(([token, bytes]) => ({ token, logprob: 0, bytes, top_logprobs: [] }));
    return saidTokens({ choices: [{ message: { content: "é!" }, logprobs: { content } }] })!.map((s) => s.token);
  };
  const stop: [string, number[]] = ["<|end|>", [...Buffer.from("<|end|>")]];
  // OpenAI gives the bytes of each half; vLLM those of U+FFFD.
  expect(saidOf([["\\xc3", [0xc3]], ["\\xa9", [0xa9]], ["!", [0x21]], stop])).toEqual(["bytes:c3", "bytes:a9", "!"]);
  const unknown: [string, number[]] = ["\ufffd", [0xef, 0xbf, 0xbd]];
  expect(saidOf([unknown, unknown, ["!", [0x21]], stop])).toEqual(["\ufffd", "\ufffd", "!"]);
});
