import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { TestPostgres } from "../support/postgres.ts";
import { allSignals, type RunningService, startTidegauge, untilCommitted } from "../support/service.ts";
import { killEvents } from "./kill-rounds.ts";

export interface OutagePlan {
  readonly folder: string;
  readonly server: TestPostgres;
  readonly url: string;
  readonly records: number;
  /** What happens to the store while events flow; absent: nothing. */
  disturb?(server: TestPostgres): Promise<void>;
}

const PIECES = 60;
const PIECE_MS = 100;

/** A followed file that grows and HTTP events, with an alert channel, while the store goes away; what is there at the end. */
export async function throughOutage(plan: OutagePlan) {
  const { folder, records } = plan;
  mkdirSync(folder, { recursive: true });
  const lines = killEvents(records);
  const path = join(folder, "events.ndjson");
  writeFileSync(path, "");
  const heard = new Map<string, number>();
  const hook = await receiver((id) => heard.set(id, (heard.get(id) ?? 0) + 1));
  const service = startTidegauge(
    `store: { kind: postgres, url: "${plan.url}" }
http: { port: 0 }
alerts: { ops: { webhook: { url: "${hook.url}" } } }
monitors:
  m:
    detector: numeric
    source: { file: { path: ${path}, follow: true } }
    options: { algorithm: page-hinkley, threshold: 20 }
    checkpoint: { seconds: 0.1 }
    alerts: [ops]
  h:
    detector: numeric
    source: { http: {} }
    options: { algorithm: page-hinkley, threshold: 20 }
    checkpoint: { seconds: 0.1 }
    alerts: [ops]
`,
    folder,
  );
  try {
    await service.url;
    const disturbed = sleep(800).then(() => plan.disturb?.(plan.server));
    const posted = post(service, lines.slice(0, 400));
    const piece = Math.ceil(lines.length / PIECES);
    for (let at = 0; at < lines.length; at += piece) {
      appendFileSync(path, `${lines.slice(at, at + piece).join("\n")}\n`);
      await sleep(PIECE_MS);
    }
    await disturbed;
    const acknowledged = await posted;
    await untilCommitted(service, "m", records);
    await untilCommitted(service, "h", acknowledged.sure);
    await untilDelivered(service);
    const all = await allSignals(service);
    const dead = await service.json<{ counts: Record<string, number> }>("/api/v1/dead-letters?monitor=m&limit=1");
    return {
      left: {
        signals: all.filter((s) => s.monitor === "m").sort(byId),
        heard: [...heard.keys()].sort(),
        dead: dead.counts,
        keys: await keysOf(service, "m"),
        http: { signals: all.filter((s) => s.monitor === "h").sort(byId), keys: await keysOf(service, "h") },
      },
      acknowledged,
      log: service.log(),
    };
  } finally {
    await service.kill("SIGTERM");
    hook.close();
  }
}

/** One event at a time, in order; what was refused or not answered is sent again, as a careful client does. */
async function post(service: RunningService, lines: readonly string[]): Promise<{ sure: number; unsure: number }> {
  const url = `${await service.url}/api/v1/monitors/h/events`;
  let unsure = 0;
  for (const line of lines) {
    for (;;) {
      const status = await fetch(url, { method: "POST", body: line }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 202) break;
      unsure++;
      await sleep(200);
    }
    await sleep(5);
  }
  return { sure: lines.length, unsure };
}

async function untilDelivered(service: RunningService): Promise<void> {
  for (const until = Date.now() + 60_000; Date.now() < until; await sleep(100)) {
    const { outbox } = await service.json<{ outbox: { waiting: number } | null }>("/api/v1/health");
    if (outbox?.waiting === 0) return;
  }
}

async function keysOf(service: RunningService, monitor: string) {
  const { keys } = await service.json<{ keys: { key: string; events: number; ratio: number; status: string }[] }>(
    `/api/v1/monitors/${monitor}/keys?limit=1000`,
  );
  return keys.map(({ key, events, ratio, status }) => ({ key, events, ratio, status }));
}

function byId(a: Record<string, unknown>, b: Record<string, unknown>): number {
  return String(a.id) < String(b.id) ? -1 : 1;
}

async function receiver(took: (id: string) => void): Promise<{ url: string; close(): void }> {
  const server = createServer((request, response) => {
    took(String(request.headers["webhook-id"]));
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => server.close() };
}
