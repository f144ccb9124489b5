import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Signal } from "../../engine/signal.ts";

export type Received = Signal;

export interface Receiver {
  readonly url: string;
  readonly received: readonly Received[];
  /** Resolves when nothing has come for a second. */
  quiet(): Promise<void>;
}

/** A webhook as a user would write it: checks the signature, answers 204. */
export async function listen(secret: string, hear: (signal: Received) => void): Promise<Receiver> {
  const received: Received[] = [];
  let last = Date.now();
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": given } = request.headers;
      const right = `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
      last = Date.now();
      if (!String(given).split(" ").includes(right)) {
        response.writeHead(401).end();
        return;
      }
      const signal = JSON.parse(body) as Received;
      received.push(signal);
      hear(signal);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    received,
    async quiet() {
      last = Math.max(last, Date.now() - 500);
      while (Date.now() - last < 1000) await new Promise((resolve) => setTimeout(resolve, 100));
    },
  };
}
