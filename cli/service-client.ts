import { setTimeout as sleep } from "node:timers/promises";
import { TidegaugeError } from "../engine/errors.ts";
import { type LoadedConfig, readSecret } from "./config/load.ts";

/** Talks to the running service of a config over HTTP. */
export interface ServiceClient {
  ask<T>(method: "GET" | "POST", path: string): Promise<T>;
}

export function createServiceClient({ config }: LoadedConfig, command: string): ServiceClient {
  const { host, port, token } = config.http;
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const base = `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
  const headers: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${readSecret(token, process.env, "http.token")}` };
  return {
    async ask<T>(method: "GET" | "POST", path: string): Promise<T> {
      let answer: Response;
      try {
        answer = await fetch(`${base}${path}`, { method, headers });
      } catch (cause) {
        const what = `no service answers on ${base}: start it with \`tidegauge run\``;
        throw new TidegaugeError("USAGE", { what, command }, cause);
      }
      const body = (await answer.json()) as T & { error?: { message: string } };
      if (answer.ok) return body;
      throw new TidegaugeError("USAGE", { what: body.error?.message ?? `${path} answered ${answer.status}`, command });
    },
  };
}

/** Asks until it is so, or the time is over. */
export async function until<T>(ask: () => Promise<T>, done: (answer: T) => boolean, patienceMs: number): Promise<T> {
  for (const end = Date.now() + patienceMs; ; await sleep(200)) {
    const answer = await ask();
    if (done(answer) || Date.now() > end) return answer;
  }
}
