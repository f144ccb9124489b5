import { mkdtempSync, rmSync } from "node:fs";
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
import { askPostgres, askPrometheus, marksOf, panelsOf, type Target } from "./ask.ts";
import { hasStack, type Stack, startStack } from "./stack.ts";
import { createFeed, type Feed, STORM } from "./streams.ts";

const possible = hasStack && findPostgres() !== null;
if (!possible) console.warn("SKIPPED, dashboards on live data: it needs Prometheus, Alertmanager and PostgreSQL.");

const folder = mkdtempSync(join(tmpdir(), "tg-live-"));
const heard: { alertname: string; status: string; monitor: string | undefined }[] = [];
const started: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
afterAll(async () => {
  for (const stop of started.toReversed()) await stop();
});
let feed: Feed;
let server: TestPostgres;
let service: RunningService;
let stack: Stack;

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
  feed = createFeed(folder);
  service = startTidegauge(
    stringify({
      store: { kind: "postgres", url: server.url },
      http: { port: 0 },
      alerts: { ops: { webhook: { url: hook } } },
      monitors: feed.monitors,
    }),
    folder,
  );
  started.push(() => service.kill("SIGTERM"));
  stack = await startStack(join(folder, "stack"), await service.url, hook);
  started.push(() => stack.stop());
  await scraped();
  await feed.play(await service.url, 10);
  await until(() => heard.some((h) => h.alertname === "DriftStorm"));
}, 180_000);

describe.skipIf(!possible)("dashboards and alerts on a running service", () => {
  test("every query of every dashboard returns data", async () => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const empty: string[] = [];
    let asked = 0;
    try {
      const names = Object.keys(feed.monitors);
      for (const dashboard of dashboards(DETECTORS)) {
        for (const { title, targets } of [
          ...panelsOf(dashboard),
          { title: "marks of drift", targets: [{ rawSql: marksOf(dashboard) } as Target] },
        ]) {
          for (const target of targets) {
            asked++;
            const where = `${dashboard.uid} / ${title}: ${target.rawSql ?? target.expr}`;
            if (target.rawSql === undefined) {
              const found = await askPrometheus(stack.prometheus, target, { seconds: 300, rate: 60 });
              // Files have no lag to tell.
              if (found.length === 0 && !target.expr!.startsWith("tidegauge_consumer_lag_records")) empty.push(where);
              continue;
            }
            const rows = await askPostgres(client, target.rawSql, names);
            if (rows.length === 0) empty.push(where);
            for (const column of Object.keys(rows[0] ?? {}))
              if (rows.every((row) => row[column] === null)) empty.push(`${where}: column ${column}`);
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
    const inhibited = async () =>
      (await alerts())
        .filter(({ labels }) => labels.alertname === "DriftDetected" && labels.monitor === STORM)
        .filter(({ status }) => status.state === "suppressed" && status.inhibitedBy.length === 1).length;
    await expect.poll(inhibited, { timeout: 60_000 }).toBeGreaterThanOrEqual(10);
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

/** Twice at 0: what begins to count afterwards has a rate. */
async function scraped(): Promise<void> {
  const target = { expr: "count_over_time(tidegauge_build_info[1m]) >= 2" };
  for (const deadline = Date.now() + 60_000; ; await sleep(500)) {
    const found = await askPrometheus(stack.prometheus, target, { seconds: 4, rate: 60 }).catch(() => []);
    if (found.length > 0) return;
    if (Date.now() > deadline) throw new RangeError(`Prometheus does not read ${await service.url}`);
  }
}

async function until(done: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !done(); await sleep(200))
    if (Date.now() > deadline)
      throw new RangeError(`only heard ${JSON.stringify(heard)}: ${service.log().slice(-2000)}`);
}
