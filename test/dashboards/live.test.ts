import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { dashboards } from "../../dashboards/grafana/dashboards.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { findPostgres, startPostgres, type TestPostgres } from "../support/postgres.ts";
import { type RunningService, startTidegauge } from "../support/service.ts";
import { hasStack, type Stack, startStack } from "./stack.ts";

const possible = hasStack && findPostgres() !== null;
if (!possible) console.warn("SKIPPED, dashboards on live data: it needs Prometheus, Alertmanager and PostgreSQL.");

const folder = mkdtempSync(join(tmpdir(), "tg-live-"));
const heard: { alertname: string; status: string; monitor: string | undefined }[] = [];
const started: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const stop of started.toReversed()) await stop();
});
let server: TestPostgres;
let service: RunningService;
let stack: Stack;
/** A monitor for each detector on its own example, and one whose twelve keys change together. */
const STORM = "storm";

beforeAll(async () => {
  if (!possible) return;
  server = await startPostgres();
  started.push(() => server.stop());
  const receiver = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      response.writeHead(200).end();
      const { alerts } = JSON.parse(text) as { alerts?: { status: string; labels: Record<string, string> }[] };
      for (const { status, labels } of alerts ?? [])
        heard.push({ alertname: labels.alertname!, status, monitor: labels.monitor });
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  started.push(() => receiver.close());
  const hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const streams = new Map<string, string[]>();
  const monitors: Record<string, unknown> = {};
  const file = (name: string) => join(folder, `${name}.ndjson`);
  for (const { name, example } of DETECTORS) {
    const { options, reference, falseAlarms } = example;
    streams.set(
      name,
      [...example.events()].map((event) => JSON.stringify(event)),
    );
    monitors[name] = {
      detector: name,
      source: { file: { path: file(name), follow: true } },
      options,
      ...(reference ? { reference } : {}),
      ...(falseAlarms ? { falseAlarms } : {}),
      alerts: ["ops"],
    };
  }
  streams.set(
    STORM,
    Array.from({ length: 24_000 }, (_, i) => {
      const value = ((i * 7919) % 101) / 10 + (i < 12_000 ? 0 : 30);
      return `{"key":"k${i % 12}","time":${Date.now()},"value":${value}}`;
    }),
  );
  for (let at = 0; at < 24_000; at += 1000) streams.get(STORM)![at] = "not json";
  monitors[STORM] = {
    detector: "numeric",
    source: { file: { path: file(STORM), follow: true } },
    options: { dependence: "none" },
    reference: { first: 400 },
  };
  for (const [name, detector, lines] of besideExamples()) {
    streams.set(
      name,
      lines.map((event) => JSON.stringify(event)),
    );
    const options = detector === "context-drift" ? { idleMinutes: null } : {};
    monitors[name] = { detector, source: { file: { path: file(name), follow: true } }, options };
    if (detector === "context-drift") monitors[name] = { ...(monitors[name] as object), reference: { first: 100 } };
  }
  // Only what comes through a broker or HTTP has a time from which decisions are late.
  monitors.posted = { detector: "numeric", source: { http: {} }, options: { dependence: "none" } };
  for (const name of streams.keys()) writeFileSync(file(name), "");
  service = startTidegauge(
    stringify({
      store: { kind: "postgres", url: server.url },
      http: { port: 0 },
      alerts: { ops: { webhook: { url: hook } } },
      monitors,
    }),
    folder,
  );
  started.push(() => service.kill("SIGTERM"));
  stack = await startStack(join(folder, "stack"), await service.url, hook);
  started.push(() => stack.stop());
  // Ten pieces a second apart, so that there are rates to see.
  for (let piece = 0; piece < 10; piece++) {
    for (const [name, lines] of streams) {
      const size = Math.ceil(lines.length / 10);
      const part = lines.slice(piece * size, (piece + 1) * size);
      if (part.length > 0) appendFileSync(file(name), `${part.join("\n")}\n`);
    }
    await fetch(`${await service.url}/api/v1/monitors/posted/events`, { method: "POST", body: '{"value":1}' });
    await sleep(1000);
  }
  await until(() => heard.some((h) => h.alertname === "DriftStorm"));
}, 180_000);

describe.skipIf(!possible)("dashboards and alerts on a running service", () => {
  test("every query of every dashboard returns data", async () => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const empty: string[] = [];
    let asked = 0;
    try {
      for (const dashboard of dashboards(DETECTORS)) {
        for (const panel of panelsOf(dashboard)) {
          for (const target of panel.targets) {
            asked++;
            const rows = target.rawSql ? await askPostgres(client, target.rawSql) : await askPrometheus(target.expr!);
            // Files have no lag to tell.
            if (rows === 0 && !target.expr?.startsWith("tidegauge_consumer_lag_records"))
              empty.push(`${dashboard.uid} / ${panel.title}: ${target.rawSql ?? target.expr}`);
          }
        }
      }
    } finally {
      await client.end();
    }
    expect(empty).toEqual([]);
    expect(asked).toBeGreaterThan(50);
  }, 60_000);

  test("a storm is told as one: the single alarms are inhibited, and all resolve when people have seen them", async () => {
    const alerts = async () =>
      (await (await fetch(`${stack.alertmanager}/api/v2/alerts`)).json()) as {
        labels: Record<string, string>;
        status: { state: string; inhibitedBy: string[] };
      }[];
    const single = (await alerts()).filter(
      ({ labels }) => labels.alertname === "DriftDetected" && labels.monitor === STORM,
    );
    expect(single.length).toBeGreaterThanOrEqual(10);
    expect(single.every(({ status }) => status.state === "suppressed" && status.inhibitedBy.length === 1)).toBe(true);
    expect(heard).toContainEqual({ alertname: "DriftStorm", status: "firing", monitor: STORM });
    const { episodes } = await service.json<{ episodes: { id: string; monitor: string; state: string }[] }>(
      "/api/v1/episodes?limit=1000",
    );
    for (const { id } of episodes.filter((e) => e.state === "open"))
      await fetch(`${await service.url}/api/v1/episodes/${id}/acknowledge`, { method: "POST" });
    await expect
      .poll(() => heard, { timeout: 60_000, interval: 500 })
      .toContainEqual({ alertname: "DriftStorm", status: "resolved", monitor: STORM });
  }, 90_000);

  test("the link of each alert leads to its runbook", async () => {
    const { data } = (await (await fetch(`${stack.prometheus}/api/v1/rules?type=alert`)).json()) as {
      data: { groups: { rules: { name: string; annotations: { runbook_url: string } }[] }[] };
    };
    const rules = data.groups.flatMap((g) => g.rules);
    expect(rules.length).toBeGreaterThan(10);
    for (const { name, annotations } of rules) {
      const answer = await fetch(annotations.runbook_url);
      expect([annotations.runbook_url, answer.status]).toEqual([annotations.runbook_url, 200]);
      expect(await answer.text()).toContain(`# ${name}\n`);
    }
  });
});

/** What some gauges need and the examples do not have: reminders, lists of tokens, a quantity, a long stream. */
function besideExamples(): [name: string, detector: string, events: readonly object[]][] {
  const turns = [...DETECTORS.find((d) => d.name === "context-drift")!.example.events()] as { turn: number }[];
  const position = {
    test: [
      ["yes", -0.2],
      ["no", -1.8],
    ],
    reference: [
      ["yes", -0.4],
      ["no", -1.2],
    ],
  };
  return [
    ["reminded", "context-drift", turns.map((t) => ({ ...t, intervention: t.turn === 4 ? "reminder" : null }))],
    [
      "scored",
      "context-drift",
      Array.from({ length: 60 }, (_, i) => ({ conversation: `c${i >> 2}`, turn: (i & 3) + 1, positions: [position] })),
    ],
    [
      "quantity",
      "lite-rvfl",
      Array.from({ length: 4000 }, (_, i) => {
        const x = [((i * 7919) % 101) / 101, ((i * 104_729) % 89) / 89];
        return { x, y: x[0]! - 2 * x[1]! + ((i * 1299) % 53) / 530 };
      }),
    ],
  ];
}

async function until(done: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !done(); await sleep(200))
    if (Date.now() > deadline)
      throw new RangeError(`only heard ${JSON.stringify(heard)}: ${service.log().slice(-2000)}`);
}

interface Target {
  readonly expr?: string;
  readonly rawSql?: string;
}

function panelsOf(dashboard: unknown): { title: string; targets: Target[] }[] {
  const { panels, annotations } = dashboard as {
    panels: { title: string; targets: Target[] }[];
    annotations: { list: { name: string; target: Target }[] };
  };
  return [...panels, ...annotations.list.map(({ name, target }) => ({ title: `marks: ${name}`, targets: [target] }))];
}

/** Series that had a value within the last two minutes. */
async function askPrometheus(expr: string): Promise<number> {
  const query = expr.replaceAll("$__rate_interval", "10s").replaceAll(/\$(monitor|key)/g, ".*");
  const end = Date.now() / 1000;
  const form = new URLSearchParams({ query, start: String(end - 120), end: String(end), step: "2" });
  const answer = await fetch(`${stack.prometheus}/api/v1/query_range`, { method: "POST", body: form });
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data: { result: { values: [number, string][] }[] };
  };
  if (status !== "success") throw new RangeError(`${query}: ${error}`);
  return data.result.filter((r) => r.values.some(([, value]) => value !== "NaN")).length;
}

async function askPostgres(client: pg.Client, sql: string): Promise<number> {
  const names = [...DETECTORS.map((d) => d.name), STORM, "posted"].map((name) => `'${name}'`).join(", ");
  const text = sql
    .replaceAll("${monitor:sqlstring}", names)
    .replaceAll("$__timeFilter(created_at)", "created_at > now() - interval '1 hour'");
  return (await client.query(text)).rowCount ?? 0;
}
