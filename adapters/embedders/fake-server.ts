import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What a request asked, and with which key. */
export interface Asked {
  readonly input: readonly string[];
  readonly model: string;
  readonly authorization: string | undefined;
  readonly at: number;
}

/** Answers one request in its own way; null: as it should. */
export type Mischief = (asked: Asked, response: ServerResponse) => boolean;

export interface FakeServer {
  readonly url: string;
  readonly asked: Asked[];
  /** What it does to the next requests, one each; then it behaves. */
  readonly next: Mischief[];
  /** What it does as long as it is set. */
  always: Mischief | null;
  dim: number;
  /** Other weights give other vectors under the same name. */
  weights: number;
  stop(): Promise<void>;
}

/** For tests: an OpenAI-style embeddings server on the loopback that can be told to misbehave. */
export async function startFakeServer(port = 0): Promise<FakeServer> {
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(port, "127.0.0.1", resolve);
  });
  const fake: FakeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked: [],
    next: [],
    always: null,
    dim: 8,
    weights: 0,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const { input, model } = JSON.parse(body) as { input: string[]; model: string };
    const asked = { input, model, authorization: request.headers.authorization, at: Date.now() };
    fake.asked.push(asked);
    if (request.url !== "/v1/embeddings") return void response.writeHead(404).end();
    const mischief = fake.always ?? fake.next.shift();
    if (mischief?.(asked, response)) return;
    const data = input.map((text, index) => ({ index, embedding: vectorOf(text, fake.dim, fake.weights) }));
    send(response, 200, { object: "list", data: data.reverse(), model });
  }
  return fake;
}

export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

/** The vector of a text: its letters counted, not of length one. */
export function vectorOf(text: string, dim: number, weights = 0): number[] {
  const out = new Array<number>(dim).fill(0.25);
  for (let i = 0; i < text.length; i++) out[(text.charCodeAt(i) * (1 + (i % 7))) % dim]! += i % 2 < weights ? -1 : 1;
  return out;
}
