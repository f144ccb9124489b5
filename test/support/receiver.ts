import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Heard {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Receiver {
  readonly url: string;
  readonly heard: Heard[];
  close(): Promise<void>;
}

/** How a receiver answers one request. */
export type Behaviour = (request: IncomingMessage, reply: ServerResponse) => unknown;

/** A local HTTP receiver that behaves as told, and remembers what it heard. */
export async function startReceiver(answer: Behaviour): Promise<Receiver> {
  const heard: Heard[] = [];
  const server = createServer((request, reply) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => {});
    request.on("end", () => {
      const { method, url, headers } = request;
      heard.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      answer(request, reply);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    heard,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Every way to misbehave, and what it must count as. */
export const MISBEHAVIOURS: Readonly<Record<string, { readonly behave: Behaviour; readonly counts: string }>> = {
  "slow, but in time": {
    behave: (_, reply) => setTimeout(() => reply.writeHead(202).end("{}"), 60),
    counts: "delivered",
  },
  "500": { behave: (_, reply) => reply.writeHead(500).end("boom"), counts: "retry" },
  "429 with Retry-After": {
    behave: (_, reply) => reply.writeHead(429, { "retry-after": "7" }).end(),
    counts: "retry after 7000",
  },
  "410": { behave: (_, reply) => reply.writeHead(410).end(), counts: "dead" },
  "closes in the middle of the answer's body": {
    behave: (request, reply) => {
      reply.writeHead(200, { "content-length": "1000" });
      reply.write("half");
      setTimeout(() => request.socket.destroy(), 5);
    },
    counts: "delivered",
  },
  "closes before it answers": { behave: (request) => request.socket.destroy(), counts: "retry" },
  "accepts, then says nothing": { behave: () => undefined, counts: "retry" },
  "answers with half a head": { behave: (request) => request.socket.end("HTTP/1.1 20"), counts: "retry" },
  "no HTTP at all": { behave: (request) => request.socket.end("hello\r\n\r\n"), counts: "retry" },
  "redirects elsewhere": {
    behave: (_, reply) => reply.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
    counts: "retry",
  },
};
