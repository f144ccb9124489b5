import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHttpServer, type HttpSettings } from "../../adapters/http/server.ts";
import { createMetrics } from "../../adapters/metrics/metrics.ts";
import { silentLog } from "../../engine/log.ts";
import { createFakeService, type FakeService } from "./fake-service.ts";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface RunningApi extends FakeService {
  readonly port: number;
  /** The path goes out as it is written: no client tidies it up. */
  ask(path: string, what?: Ask): Promise<Answer>;
  close(): Promise<void>;
}

export const INDEX = "<!doctype html><title>Tidegauge</title>";

export async function startApi(settings: Partial<HttpSettings> = {}): Promise<RunningApi> {
  const service = await createFakeService();
  const pageDir = mkdtempSync(join(tmpdir(), "tidegauge-page-"));
  mkdirSync(join(pageDir, "assets"));
  writeFileSync(join(pageDir, "index.html"), INDEX);
  writeFileSync(join(pageDir, "assets", "main-Ab3_dE7g.js"), `console.log(${JSON.stringify("x".repeat(2_000))});`);
  const server = createHttpServer({
    view: service.view,
    store: service.store,
    metrics: createMetrics({ processMetrics: false }),
    pageDir,
    host: "127.0.0.1",
    port: 0,
    log: silentLog,
    ...settings,
  });
  const { port } = await server.listen();
  // Not a spread: tests set fields of the service that is running.
  return Object.assign(service, {
    port,
    ask: (path: string, what: Ask = {}) => ask(port, path, what),
    close: async () => {
      await server.close();
      rmSync(pageDir, { recursive: true });
    },
  });
}

function ask(port: number, path: string, { method = "GET", headers = {}, body }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (message) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("error", reject);
      message.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = message.headers["content-type"]?.includes("application/json") ?? false;
        resolve({
          status: message.statusCode ?? 0,
          headers: message.headers,
          text,
          json: isJson && text !== "" ? JSON.parse(text) : null,
        });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
