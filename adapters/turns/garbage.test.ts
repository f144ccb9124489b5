import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeTurns, sayingModel } from "../../test/support/turns.ts";
import { askForTurn } from "./ask.ts";
import { answer, type FakeServer, type Fault, serveChat } from "./fake-server.ts";

const messages = [{ role: "user", content: "where is my card?" }];
const turn = { conversation: "c-1", turn: 1, messages };

let small: FakeServer;
let large: FakeServer;
beforeAll(async () => {
  small = await serveChat(sayingModel([" the", " card", " is", " late"], 0.65));
  large = await serveChat(sayingModel([" the", " card", " is", " lost"], 0.9));
});
afterAll(async () => {
  await small.close();
  await large.close();
});

const servers = () => ["--test", small.url, "--test-model", "small", "--reference", large.url];
const scored = () => [...servers(), "--reference-model", "large"];

interface Chat {
  readonly choices: { message: { content: string }; logprobs: { content: object[] } }[];
  readonly prompt_logprobs?: (object | null)[];
}

/** Answers with the good answer after this change. */
function changed(change: (chat: Chat) => object): Fault {
  return (response, good) => answer(response, change(good as Chat));
}

function withTokens(change: (tokens: object[]) => unknown): Fault {
  return changed(({ choices: [choice] }) => ({
    choices: [{ ...choice, logprobs: { content: change(choice!.logprobs.content) } }],
  }));
}

function status(code: number, headers: Record<string, string> = {}): Fault {
  return (response) => void response.writeHead(code, headers).end(`{"error": {"message": "no ${code}"}}`);
}

const cutOff: Fault = (response, good) => {
  const text = JSON.stringify(good);
  response.writeHead(200, { "content-type": "application/json" }).end(text.slice(0, text.length / 2));
};
/** Half of the body, and then nothing for ever. */
const stalled: Fault = (response, good) => {
  response.writeHead(200, { "content-type": "application/json" }).write(JSON.stringify(good).slice(0, 40));
};
const brokenOff: Fault = (response, good) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "9999" });
  response.write(JSON.stringify(good).slice(0, 40), () => response.destroy());
};
const drippling: Fault = (response, good) => {
  const text = JSON.stringify(good);
  response.writeHead(200, { "content-type": "application/json" });
  const drip = (from: number): void => {
    if (from >= text.length) response.end();
    else response.write(text.slice(from, from + 100), () => setTimeout(drip, 1, from + 100));
  };
  drip(0);
};

/** The good answer in pieces, as a server streams it, up to `end` of them and with what comes then. */
function streamed(end?: number, last = "data: [DONE]\n\n"): Fault {
  return (response, good) => {
    const { message, logprobs } = (good as Chat).choices[0]!;
    const tokens = logprobs.content as { token: string }[];
    const pieces = tokens.map((token, i) => ({
      choices: [
        {
          index: 0,
          delta: { content: i === tokens.length - 1 ? "" : token.token },
          logprobs: { content: [token] },
          finish_reason: i === tokens.length - 1 ? "stop" : null,
        },
      ],
    }));
    expect(tokens.map((t) => t.token).join("")).toContain(message.content);
    const usage = { choices: [], usage: { total_tokens: 5 } };
    const all = [{ choices: [{ index: 0, delta: { role: "assistant" } }] }, ...pieces, usage].slice(0, end);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`: keep-alive\r\n\r\n${all.map((p) => `data: ${JSON.stringify(p)}\r\n\r\n`).join("")}`);
    response.end(last);
  };
}

describe("a server that answers", () => {
  let plain: Awaited<ReturnType<typeof makeTurns>>;
  beforeAll(async () => {
    plain = await makeTurns([turn], scored());
  });

  test.each<[string, (Fault | null)[], (Fault | null)[]]>([
    ["half of its JSON, and then all of it", [cutOff], []],
    ["in pieces, though nobody asked for a stream", [streamed()], []],
    ["slowly", [drippling], [drippling]],
    ["429 and when to come back, and then well", [status(429, { "retry-after": "0" })], []],
    ["500, 503 and 408, and then well", [], [500, 503, 408].map((code) => status(code, { "retry-after": "0.01" }))],
    ["with a connection that breaks, and then well", [brokenOff], []],
  ])("%s: the event is the same", async (_, test, reference) => {
    small.disturb(test);
    large.disturb(reference);
    const { code, events, refused } = await makeTurns([turn], scored());
    expect(code).toBe(0);
    expect(events).toEqual(plain.events);
    expect(events).toHaveLength(1);
    expect(refused).toEqual([]);
  });

  const always = (code: number) => Array(4).fill(status(code, { "retry-after": "0" }));
  test.each<[string, (Fault | null)[], (Fault | null)[], RegExp]>([
    ["500 for ever", always(500), [], /small: it answered 500 .*no 500.*\(unanswered\)/],
    ["429 for ever", [], always(429), /large: it answered 429/],
    ["401", [status(401)], [], /small: it answered 401/],
    [
      "no logprobs",
      [changed(() => ({ choices: [{ message: { content: "yes" } }] }))],
      [],
      /logprobs: true.*missing-field/,
    ],
    ["no choices", [changed(() => ({ choices: [] }))], [], /small: it is no chat response \(choices: /],
    ["an error as a success", [changed(() => ({ error: { message: "overloaded" } }))], [], /overloaded/],
    ["null", [changed(() => null as never)], [], /no chat response/],
    ["tokens that are null", [withTokens((t) => t.map(() => null))], [], /logprobs\.content\.0/],
    ["a token without its name", [withTokens((t) => [{ ...t[0], token: null }])], [], /content\.0\.token/],
    [
      "nothing",
      [changed(() => ({ choices: [{ message: { content: null }, finish_reason: "content_filter" }] }))],
      [],
      /said nothing \(content_filter\)/,
    ],
    ["a stream that ends too soon", [streamed(3, "")], [], /stream ended before/],
    [
      "a stream with an error in it",
      [streamed(2, 'data: {"error": {"message": "worker died"}}\n\n')],
      [],
      /breaks off with "worker died"/,
    ],
    ["HTML", [(response) => void response.end("<html>")], [], /no JSON: is the URL/],
    ["no prompt_logprobs", [], [changed((c) => ({ ...c, prompt_logprobs: null }))], /is it vLLM/],
    [
      "a null among its prompt_logprobs",
      [],
      [changed((c) => ({ ...c, prompt_logprobs: c.prompt_logprobs!.map((p, i) => (i === 4 ? null : p)) }))],
      /nothing at token 2/,
    ],
    [
      "a prompt that was cut",
      [],
      [changed((c) => ({ ...c, prompt_logprobs: c.prompt_logprobs!.slice(3) }))],
      /shorter than the answer/,
    ],
    [
      "tokens without text",
      [],
      [
        changed((c) => ({
          ...c,
          prompt_logprobs: c.prompt_logprobs!.map(() => ({ 5: { logprob: -1, rank: 1, decoded_token: null } })),
        })),
      ],
      /tokenizer-mismatch/,
    ],
  ])("%s: the line is refused with the reason, kept, and the next goes on", async (_, test, reference, why) => {
    small.disturb(test);
    large.disturb(reference);
    const next = { ...turn, conversation: "c-2" };
    const { code, events, told, refused } = await makeTurns([turn, next], scored());
    expect(code).toBe(0);
    expect(events.map((e) => e.conversation)).toEqual(["c-2"]);
    expect(refused).toEqual([JSON.stringify(turn)]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^line 1: No turn can be made: /);
    expect(told[0]).toMatch(why);
  });

  test("what cannot be mended is asked for once, what may be four times", async () => {
    for (const [code, times] of [
      [400, 1],
      [502, 4],
    ] as const) {
      const before = small.asked.length;
      small.disturb(Array(4).fill(status(code, { "retry-after": "0" })));
      await makeTurns([turn], scored());
      expect(small.asked.length - before).toBe(times);
    }
  });

  test("half, and then nothing: it is given up after its time", async () => {
    small.disturb(Array(4).fill(stalled));
    const endpoint = { url: small.url, model: "small", apiKey: null, timeoutMs: 500 };
    await expect(askForTurn(endpoint, messages, 5, 5)).rejects.toThrow(/did not answer whole within 0.5 s/);
  }, 30_000);

  test("nowhere: the lines are kept to be tried again", async () => {
    const closed = await serveChat(sayingModel([" the"], 0.9));
    await closed.close();
    const args = ["--test", closed.url, "--test-model", "s", "--reference", large.url, "--reference-model", "l"];
    const { code, told, refused } = await makeTurns([turn], args);
    expect(code).toBe(1);
    expect(told[0]).toMatch(/it did not answer \(.*ECONNREFUSED/);
    expect(refused).toEqual([JSON.stringify(turn)]);
  }, 30_000);
});

test("recorded garbage is refused line by line with what is wrong; whatever is written the detector takes", async () => {
  const one = (more: object = {}, choice: object = {}) => ({
    choices: [{ message: { content: "yes" }, logprobs: { content: [{ ...said, ...more }] }, ...choice }],
  });
  const said = { token: "yes", logprob: -0.1, top_logprobs: [{ token: "yes", logprob: -0.1 }] };
  const listed = (logprob: number) => ({ top_logprobs: [...said.top_logprobs, { token: "no", logprob }] });
  const prompted = (entry: object | null) => ({ ...one(), prompt_logprobs: [null, entry] });
  const good = [one(listed(-9999)), one(listed(-1e9)), one({ bytes: [121, 101, 115] })];
  const bad: [unknown, RegExp][] = [
    [one({ top_logprobs: [] }), /top_logprobs: 20/],
    [one({ top_logprobs: null }), /top_logprobs: 20/],
    [one({ bytes: [-1, 999] }), /logprobs\.content\.0\.bytes/],
    [one(listed(0.5)), /top_logprobs\.1\.logprob/],
    [one({}, { message: { tool_calls: [] }, logprobs: null }), /logprobs: true/],
    [one({}, { message: { content: [{ type: "text" }] } }), /message\.content/],
    [one({}, { logprobs: { content: [] } }), /no position/],
    [[{ choices: [{ delta: { content: "yes" } }] }], /ended before the answer/],
    ["data: {}", /none of a chat response/],
    ["yes", /no stream of a chat response/],
    [{ choices: [] }, /choices/],
    [null, /no chat response/],
  ];
  const other: [unknown, RegExp][] = [
    [prompted(null), /nothing at token 0/],
    [prompted({ 5: { logprob: -0.1, rank: 1, decoded_token: "ye" } }), /tokenizer/],
    [prompted({ 5: { logprob: -0.1, rank: 1 } }), /tokenizer/],
    [{ ...one(), prompt_logprobs: [] }, /shorter/],
  ];
  const lines = [
    ...good.map((test) => ({ conversation: "good", test, reference: one() })),
    ...bad.map(([test]) => ({ conversation: "bad", test, reference: one() })),
    ...other.map(([reference]) => ({ conversation: "bad", test: one(), reference })),
  ];
  const { events, told: refusals } = await makeTurns(lines, []);
  expect(events.map((e) => e.conversation)).toEqual(good.map(() => "good"));
  expect(refusals).toHaveLength(bad.length + other.length);
  for (const [i, [, why]] of [...bad, ...other].entries()) expect(refusals[i]).toMatch(why);
});

test("lines that are no turn, and pieces of a recorded stream", async () => {
  const said = { token: "yes", logprob: -0.1, top_logprobs: [{ token: "yes", logprob: -0.1 }] };
  const whole = { choices: [{ message: { content: "yes" }, logprobs: { content: [said] } }] };
  const pieces = [
    { choices: [{ delta: { content: "yes" }, logprobs: { content: [said] }, finish_reason: null }] },
    { choices: [{ delta: {}, finish_reason: "stop" }] },
  ];
  const text = pieces.map((p) => `data: ${JSON.stringify(p)}\n\n`).join("");
  const { events, told } = await makeTurns(
    [
      "{",
      "[]",
      "7",
      { turn: 1 },
      { conversation: "c", turn: 1.5, test: whole, reference: whole },
      { conversation: "c", turn: 1 },
      { conversation: "list", test: pieces, reference: whole },
      { conversation: "text", test: text, reference: whole },
    ],
    [],
  );
  expect(events.map((e) => e.conversation)).toEqual(["list", "text"]);
  expect(events[0]!.positions).toEqual(events[1]!.positions);
  expect(told.map((t) => /^line \d/.exec(t)![0])).toEqual([1, 2, 3, 4, 5, 6].map((n) => `line ${n}`));
});
