import { spawn } from "node:child_process";
import { accessSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startTidegauge, untilCommitted } from "../support/service.ts";

const program = process.env.PROMETHEUS ?? "/usr/bin/prometheus";
const present = isThere(program);
if (!present) console.warn(`SKIPPED, no Prometheus at ${program}: install it, or name it by PROMETHEUS.`);
const folder = mkdtempSync(join(tmpdir(), "tg-prom-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!present)("a real Prometheus", () => {
  test("scrapes the service: counters, gauges per key, histograms", async () => {
    const path = join(folder, "events.ndjson");
    const lines = Array.from(
      { length: 4000 },
      (_, i) => `{"key":"k${i % 2}","value":${((i * 7919) % 101) / 10 + (i < 2000 ? 0 : 30)}}`,
    );
    writeFileSync(path, `${lines.join("\n")}\nnot json\n`);
    const service = startTidegauge(
      `store: { kind: memory }
http: { port: 0 }
monitors:
  m: { detector: numeric, source: { file: { path: ${path} } }, reference: { first: 500 } }
`,
      folder,
    );
    await untilCommitted(service, "m", 4001);
    const url = await service.url;
    const port = await freePort();
    writeFileSync(
      join(folder, "prometheus.yml"),
      `global: { scrape_interval: 1s }\nscrape_configs:\n  - job_name: tidegauge\n    static_configs: [{ targets: ["${new URL(url).host}"] }]\n`,
    );
    const prometheus = spawn(
      program,
      [
        `--config.file=${folder}/prometheus.yml`,
        `--storage.tsdb.path=${folder}/tsdb`,
        `--web.listen-address=127.0.0.1:${port}`,
        "--enable-feature=exemplar-storage",
      ],
      { stdio: "ignore" },
    );
    const query = async (text: string): Promise<Record<string, number>> => {
      const answer = await fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`).catch(
        () => null,
      );
      if (!answer?.ok) return {};
      const { data } = (await answer.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return Object.fromEntries(data.result.map((r) => [Object.values(r.metric).join(" "), Number(r.value[1])]));
    };
    try {
      await expect.poll(() => query('sum(up{job="tidegauge"})'), { timeout: 60_000, interval: 500 }).toEqual({ "": 1 });
      await expect.poll(() => query("sum(tidegauge_events_consumed_total)"), { timeout: 60_000 }).toEqual({ "": 4001 });
      expect(await query('sum(tidegauge_events_rejected_total{reason="not-json"})')).toEqual({ "": 1 });
      expect(await query('sum(tidegauge_events_rejected_total{reason="late"})')).toEqual({ "": 0 });
      expect(await query("sum by (key) (tidegauge_drift_active)")).toEqual({ k0: 1, k1: 1 });
      expect(await query('sum by (kind) (tidegauge_signals_total{kind="drift"})')).toEqual({ drift: 2 });
      expect((await query("sum(tidegauge_store_commit_seconds_count)"))[""]).toBeGreaterThan(0);
      const exemplars = await fetch(
        `http://127.0.0.1:${port}/api/v1/query_exemplars?query=tidegauge_signals_total&start=${Date.now() / 1000 - 300}&end=${Date.now() / 1000 + 60}`,
      );
      const { data } = (await exemplars.json()) as { data: { exemplars: { labels: { signal_id: string } }[] }[] };
      const told = await service.json<{ signals: { id: string }[] }>("/api/v1/signals?limit=100");
      const ids = data.flatMap((series) => series.exemplars.map(({ labels }) => labels.signal_id));
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) expect(told.signals.map((signal) => signal.id)).toContain(id);
      const page = await (await fetch(`${url}/metrics`)).text();
      for (const [, metric] of page.matchAll(/^# TYPE (\S+)/gm))
        expect(metric).toMatch(/^(tidegauge_|process_|nodejs_)/);
    } finally {
      prometheus.kill("SIGKILL");
      await service.kill("SIGTERM");
    }
  }, 90_000);
});

function isThere(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
