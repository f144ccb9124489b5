import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { COMMANDS } from "../../cli/commands/index.ts";
import { contextDrift } from "../../detectors/context-drift/context-drift.ts";
import { divergenceOfPositions } from "../../detectors/context-drift/positions.ts";
import { createDecoder } from "../../ingest/decode/decoder.ts";
import { nameOf, saidTokens } from "./chat-response.ts";
import { type FakeModel, serveChat } from "./fake-server.ts";

const VOCABULARY = [" the", " card", " is", " late", " lost", "é", "!", "?"];

/** The likeliest token at position i is `says[i]`, with this share; the others share the rest. */
function model(says: readonly string[], share: number, cut = (text: string) => split(text, VOCABULARY)): FakeModel {
  return {
    says,
    at: (i) =>
      Object.fromEntries(
        VOCABULARY.map((t) => [t, Math.log(t === says[i] ? share : (1 - share) / (VOCABULARY.length - 1))]),
      ),
    cut,
  };
}

function split(text: string, vocabulary: readonly string[]): string[] {
  const tokens: string[] = [];
  for (let rest = text; rest !== ""; ) {
    const token = vocabulary.find((t) => rest.startsWith(t)) ?? rest[0]!;
    tokens.push(token);
    rest = rest.slice(token.length);
  }
  return tokens;
}

const folder = mkdtempSync(join(tmpdir(), "turns-"));
let small: Awaited<ReturnType<typeof serveChat>>;
let large: Awaited<ReturnType<typeof serveChat>>;
let strange: Awaited<ReturnType<typeof serveChat>>;

beforeAll(async () => {
  small = await serveChat(model([" the", " card", " is", " late"], 0.65));
  large = await serveChat(model([" the", " card", " is", " lost"], 0.9));
  strange = await serveChat(model([" the"], 0.9, (text) => [...text]));
});
afterAll(async () => {
  for (const server of [small, large, strange]) await server.close();
  rmSync(folder, { recursive: true });
});

/** Runs the command over these lines; its events, read as the detector reads them. */
async function makeTurns(lines: readonly object[], args: readonly string[]) {
  const input = join(folder, "in.ndjson");
  const output = join(folder, "out.ndjson");
  writeFileSync(input, lines.map((l) => `${JSON.stringify(l)}\n`).join(""));
  const command = COMMANDS.find((c) => c.name === "turns")!;
  const code = await command.run(["-i", input, "-o", output, ...args]);
  const decode = createDecoder({ event: contextDrift.event, reads: contextDrift.reads });
  const events = readFileSync(output, "utf8")
    .split("\n")
    .filter((l) => l !== "")
    .map((l) => {
      const decoded = decode({ offset: 0, key: null, time: null, value: Buffer.from(l) })!;
      if ("reason" in decoded) throw new RangeError(decoded.detail);
      return { ...decoded.event, positions: (JSON.parse(l) as Pick<Turn, "positions">).positions };
    });
  return { code, events };
}

interface Turn {
  readonly conversation: string;
  readonly turn?: number;
  readonly model?: string;
  readonly intervention?: string;
  readonly positions: { test: [string, number][]; reference: [string, number][] }[];
}

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

  test("of garbage are refused line by line with what is wrong; whatever is written the detector takes", async () => {
    const one = (more: object = {}, choice: object = {}) => ({
      choices: [{ message: { content: "yes" }, logprobs: { content: [{ ...said, ...more }] }, ...choice }],
    });
    const said = { token: "yes", logprob: -0.1, top_logprobs: [{ token: "yes", logprob: -0.1 }] };
    const listed = (logprob: number) => ({ top_logprobs: [...said.top_logprobs, { token: "no", logprob }] });
    const scored = (entry: object | null) => ({ ...one(), prompt_logprobs: [null, entry] });
    const good = [one(listed(-9999)), one(listed(-1e9)), one({ bytes: [121, 101, 115] })];
    const bad: [unknown, RegExp][] = [
      [one({ top_logprobs: [] }), /top_logprobs: 20/],
      [one({ top_logprobs: null }), /top_logprobs: 20/],
      [one({ bytes: [-1, 999] }), /logprobs\.content\.0\.bytes/],
      [one(listed(0.5)), /top_logprobs\.1\.logprob/],
      [one({}, { message: { tool_calls: [] }, logprobs: null }), /logprobs: true/],
      [one({}, { message: { content: [{ type: "text" }] } }), /message\.content/],
      [one({}, { logprobs: { content: [] } }), /no position/],
      [[{ choices: [{ delta: { content: "yes" } }] }], /stream: false/],
      ["data: {}", /stream: false/],
      [{ choices: [] }, /choices/],
      [null, /no chat response/],
    ];
    const other: [unknown, RegExp][] = [
      [scored(null), /tokenizer/],
      [scored({ 5: { logprob: -0.1, rank: 1, decoded_token: "ye" } }), /tokenizer/],
      [scored({ 5: { logprob: -0.1, rank: 1 } }), /tokenizer/],
      [{ ...one(), prompt_logprobs: [] }, /shorter/],
    ];
    const lines = [
      ...good.map((test) => ({ conversation: "good", test, reference: one() })),
      ...bad.map(([test]) => ({ conversation: "bad", test, reference: one() })),
      ...other.map(([reference]) => ({ conversation: "bad", test: one(), reference })),
    ];
    const told = vi.spyOn(process.stderr, "write").mockReturnValue(true);
    const { events } = await makeTurns(lines, []);
    const refusals = told.mock.calls.map(([text]) => String(text)).filter((text) => text.startsWith("line "));
    told.mockRestore();
    expect(events.map((e) => e.conversation)).toEqual(good.map(() => "good"));
    expect(refusals).toHaveLength(bad.length + other.length);
    for (const [i, [, why]] of [...bad, ...other].entries()) expect(refusals[i]).toMatch(why);
  });

  test("of models that cut the answer into other tokens are refused", async () => {
    const args = ["--test", small.url, "--test-model", "s", "--reference", strange.url, "--reference-model", "x"];
    const { code, events } = await makeTurns([{ conversation: "c-1", messages }], args);
    expect(code).toBe(1);
    expect(events).toEqual([]);
  });

  test("are asked for again when a server is busy", async () => {
    small.fail(1);
    const { events } = await makeTurns([{ conversation: "c-1", messages }], ask());
    expect(events).toHaveLength(1);
  });
});

test("tokens are named by their bytes, whole characters or not; the stop token is left out", () => {
  expect(nameOf({ token: "Ã©", bytes: [0xc3, 0xa9] })).toBe("é");
  expect(nameOf({ token: "\ufffd", bytes: [0xc3] })).toBe("bytes:c3");
  const content = ["a", "b", "</s>"].map((token) => ({ token, logprob: 0, bytes: null, top_logprobs: [] }));
  const said = saidTokens({ choices: [{ message: { content: "ab" }, logprobs: { content } }] });
  expect(said!.map((s) => s.token)).toEqual(["a", "b"]);
});
