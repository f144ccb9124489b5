import { type RunningService, startTidegauge } from "../support/service.ts";
import { type Attack, attacksOn, send, type Target } from "./attack.ts";

export interface Attacked {
  readonly service: RunningService;
  readonly target: Target;
  readonly attacks: readonly Attack[];
  /** What an honest reader finds, and how long it took. */
  accounts(): Promise<{
    readonly ms: number;
    readonly ready: string;
    readonly consumed: number;
    readonly settled: boolean;
  }>;
}

const TOKEN = "write-8f2b6c1d9e4a";
const READ = "read-03c7d5a1b9f2";

/** A service as a user would run it, with both tokens, two monitors that take events by HTTP, and channels c0, c1… to webhooks. */
export async function attackedService(folder: string, webhooks: readonly string[] = []): Promise<Attacked> {
  const service = startTidegauge(
    `http: { port: 0, token: ${TOKEN}, readToken: ${READ} }
monitors:
  numbers: { detector: numeric, source: { http: {} }, options: { algorithm: page-hinkley, threshold: 20 } }
  texts: { detector: short-text, source: { http: {} }, reference: { first: 300 } }
alerts: ${JSON.stringify(Object.fromEntries(webhooks.map((url, i) => [`c${i}`, { webhook: { url } }])))}
`,
    folder,
  );
  const port = Number(new URL(await service.url).port);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const get = async (path: string) => JSON.parse((await send(port, { path, headers, may: [200] })).text);
  const { paths } = (await get("/openapi.json")) as { paths: Record<string, Record<string, unknown>> };
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method, path] as const),
  );
  const target = { port, token: TOKEN, readToken: READ, operations };
  return {
    service,
    target,
    attacks: attacksOn(target),
    async accounts() {
      const began = performance.now();
      const { status, text } = await send(port, { path: "/readyz", may: [200] });
      const ready = status === 200 ? "yes" : text.trim();
      let [consumed, settled] = [0, true];
      for (const name of ["numbers", "texts"]) {
        const { events } = (await get(`/api/v1/monitors/${name}`)) as { events: Record<string, number> };
        consumed += events.consumed!;
        settled &&= events.consumed === events.accepted! + events.rejected!;
      }
      return { ms: Math.round(performance.now() - began), ready, consumed, settled };
    },
  };
}
