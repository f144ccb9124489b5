import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import pg from "pg";
import { stringify } from "yaml";
import { dashboards } from "../../dashboards/grafana/dashboards.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { findChromium, openChromium } from "../browser/chromium.ts";
import { startKafka } from "../support/kafka.ts";
import { startPostgres } from "../support/postgres.ts";
import { startReceiver } from "../support/receiver.ts";
import { startTidegauge } from "../support/service.ts";
import { askPostgres, askPrometheus, marksOf, type Panel, panelsOf } from "./ask.ts";
import { boardPage, type DrawnPanel } from "./draw.ts";
import { startStack } from "./stack.ts";
import { createFeed } from "./streams.ts";

/**
 * Pictures (WebP) of the data behind every panel of the shipped Grafana dashboards, asked of a real Prometheus and PostgreSQL
 * beside a running service and drawn without Grafana: node --import tsx test/dashboards/preview.ts OUT [seconds]
 */
const [out = "previews", seconds = "90"] = process.argv.slice(2);
const chromium = findChromium();
if (chromium === null) throw new RangeError("no Chromium found; name one with CHROMIUM=/path/to/chromium");
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "tg-preview-"));
const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
try {
  const server = await startPostgres();
  stops.push(() => server.stop());
  const kafka = await startKafka();
  if ("skip" in kafka) throw new RangeError(kafka.skip);
  stops.push(() => kafka.stop());
  const topic = kafka.unique("latencies");
  await kafka.createTopic(topic, 2);
  const hook = await startReceiver((_, reply) => reply.writeHead(200).end());
  stops.push(() => hook.close());
  const feed = createFeed(folder);
  const monitors = { ...feed.monitors, queue: { detector: "numeric", source: { kafka: { topic } } } };
  const service = startTidegauge(
    stringify({
      store: { kind: "postgres", url: server.url },
      kafka: { brokers: kafka.brokers, group: topic },
      http: { port: 0 },
      alerts: { ops: { webhook: { url: hook.url } } },
      monitors,
    }),
    folder,
  );
  stops.push(() => service.kill("SIGTERM"));
  const url = await service.url;
  const stack = await startStack(join(folder, "stack"), url, hook.url);
  stops.push(() => stack.stop());
  const queue = (async () => {
    for (let second = 0; second < Number(seconds); second++) {
      const values = Array.from({ length: 50 }, (_, i) => `{"key":"k${i % 5}","value":${((i * 37) % 11) / 10}}`);
      await kafka.produce(topic, second % 2, values);
      await sleep(1000);
    }
  })();
  await Promise.all([queue, feed.play(url, Number(seconds))]);
  const span = { seconds: Number(seconds), end: Date.now() / 1000, rate: 10 };
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  const names = Object.keys(monitors);
  const ask = async (panel: Panel): Promise<DrawnPanel> => {
    const { type, title, unit, log, gridPos } = panel;
    if (type === "table") {
      const rows = await askPostgres(client, panel.targets[0]!.rawSql!, names);
      return { kind: "rows", title, unit, log, gridPos, rows: rows.slice(0, 8).map(shown) };
    }
    const found = await Promise.all(panel.targets.map((each) => askPrometheus(stack.prometheus, each, span)));
    return { kind: type === "stat" ? "number" : "lines", title, unit, log, gridPos, series: found.flat() };
  };
  const browser = await openChromium(chromium);
  stops.push(() => browser.close());
  for (const dashboard of dashboards(DETECTORS)) {
    const own = names.filter((name) => monitorOf(dashboard, name));
    const marks = await askPostgres(client, marksOf(dashboard), own);
    const panels = await Promise.all(panelsOf(dashboard).map(ask));
    const when = { from: span.end - span.seconds, to: span.end, marks: marks.map(({ time }) => Number(time) / 1000) };
    const empty = panels.filter((p) => (p.kind === "rows" ? p.rows : p.series).length === 0);
    if (empty.length > 0) console.error(`${dashboard.title}: nothing in ${empty.map(({ title }) => title).join(", ")}`);
    const tab = await browser.newPage({ viewport: { width: 1200, height: 800 } });
    tab.on("pageerror", (error) => console.error(error));
    await tab.setContent(boardPage({ title: dashboard.title!, ...when, panels }));
    const devtools = await tab.context().newCDPSession(tab);
    const whole = { format: "webp", quality: 55, captureBeyondViewport: true } as const;
    const height = await tab.evaluate("document.documentElement.scrollHeight");
    const clip = { x: 0, y: 0, width: 1200, height: Number(height), scale: 1 };
    const { data } = await devtools.send("Page.captureScreenshot", { ...whole, clip });
    writeFileSync(join(out, `${dashboard.uid}.webp`), Buffer.from(data, "base64"));
    await tab.close();
  }
  await client.end();
} finally {
  for (const stop of stops.toReversed()) await stop();
}

/** A detector's own dashboard marks the drift of that detector's monitors. */
function monitorOf({ uid }: Dashboard, name: string): boolean {
  const detector = DETECTORS.find((each) => uid === `tidegauge-${each.name}`);
  return detector === undefined || name === detector.name;
}

function shown(row: Record<string, unknown>): Record<string, string> {
  const text = (value: unknown) => (value instanceof Date ? value.toISOString().slice(11, 19) : String(value ?? ""));
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, text(value).slice(0, 110)]));
}
