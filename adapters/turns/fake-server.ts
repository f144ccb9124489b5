import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** Speaks OpenAI's chat completions with logprobs, and vLLM's prompt_logprobs, for a model of eight tokens. */
export interface FakeModel {
  /** What it says, token by token. */
  readonly says: readonly string[];
  /** Log-probabilities of its vocabulary at position i of the answer. */
  at(i: number): Readonly<Record<string, number>>;
  /** How it cuts a text into tokens, for scoring. */
  cut(text: string): readonly string[];
}

/** Answers one request in another way than it should; `good` is what it should have said. */
export type Fault = (response: ServerResponse, good: object) => void;

export interface FakeServer {
  readonly url: string;
  readonly asked: object[];
  /** The next requests are answered by these, one each; null: as they should. */
  disturb(faults: readonly (Fault | null)[]): void;
  close(): Promise<void>;
}

export async function serveChat(model: FakeModel): Promise<FakeServer> {
  const asked: object[] = [];
  let faults: (Fault | null)[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const body = JSON.parse(text) as Asked;
      asked.push(body);
      const good = body.prompt_logprobs ? scoreOf(model, body) : answerOf(model, body);
      (faults.shift() ?? answer)(response, good);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    disturb(next) {
      faults = [...next];
    },
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

export const answer: Fault = (response, body) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
};

interface Asked {
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly top_logprobs?: number;
  readonly prompt_logprobs?: number;
}

function ranked(model: FakeModel, i: number): [string, number][] {
  return Object.entries(model.at(i)).sort((a, b) => b[1] - a[1]);
}

function answerOf(model: FakeModel, { top_logprobs: top = 0 }: Asked): object {
  const content = [...model.says, "<|end|>"].map((token, i) => ({
    token,
    logprob: model.at(i)[token] ?? -0.1,
    bytes: [...Buffer.from(token)],
    top_logprobs: ranked(model, i)
      .slice(0, top)
      .map(([t, logprob]) => ({ token: t, logprob, bytes: [...Buffer.from(t)] })),
  }));
  const message = { role: "assistant", content: model.says.join("") };
  return {
    object: "chat.completion",
    model: "fake",
    choices: [{ index: 0, message, logprobs: { content }, finish_reason: "stop" }],
  };
}

function scoreOf(model: FakeModel, { messages, prompt_logprobs: top = 0 }: Asked): object {
  const tokens = model.cut(messages.at(-1)!.content);
  const scored = tokens.map((token, i) => {
    const all = ranked(model, i);
    // Always there, however unlikely.
    if (!all.some(([t]) => t === token)) all.push([token, -12]);
    const kept = all
      .map(([t, logprob], at) => ({ t, logprob, rank: at < 8 ? at + 1 : 99 }))
      .filter(({ t, rank }) => rank <= top || t === token);
    return Object.fromEntries(
      kept.map(({ t, logprob, rank }) => [String(1000 + rank + 50 * i), { logprob, rank, decoded_token: t }]),
    );
  });
  // The template and the messages before come first; the first token of a prompt has no prediction.
  const before = [null, { "7": { logprob: -1, rank: 1, decoded_token: "<|user|>" } }];
  const message = { role: "assistant", content: "." };
  return {
    object: "chat.completion",
    model: "fake",
    choices: [{ index: 0, message }],
    prompt_logprobs: [...before, ...scored],
  };
}
