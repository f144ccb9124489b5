import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { detectorMetrics, METRICS, PREFIX } from "../../adapters/metrics/catalog.ts";
import { dashboards } from "../../cli/commands/dashboards.ts";
import { missingTests } from "../../dashboards/prometheus/render.ts";
import { alertRules, RECORDING_RULES } from "../../dashboards/prometheus/rules.ts";
import { DETECTORS } from "../../detectors/index.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tg-rules-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
await dashboards.run(["--out", folder, "--url", "https://drift.example.com", "--alertmanager", "am:9093"]);
const rules = alertRules(["drift"]);

const PROMTOOL = "/usr/bin/promtool";
const AMTOOL = "/usr/bin/amtool";
for (const tool of [PROMTOOL, AMTOOL]) if (!existsSync(tool)) console.warn(`SKIPPED, no ${tool}.`);

test.skipIf(!existsSync(PROMTOOL))(
  "promtool accepts config and rules, and every alert fires where it must and only there",
  () => {
    const place = join(folder, "prometheus");
    const said = (...args: string[]) => execFileSync(PROMTOOL, args, { cwd: place, encoding: "utf8", stdio: "pipe" });
    expect(said("check", "config", "prometheus.yml")).toContain("SUCCESS");
    expect(said("check", "rules", "tidegauge.rules.yml")).toContain(`${rules.length + RECORDING_RULES.length} rules`);
    expect(said("test", "rules", "tidegauge.rules.test.yml")).toContain("SUCCESS");
    // The test of the tests: one alert that never fires is noticed.
    const path = join(place, "tidegauge.rules.yml");
    const text = readFileSync(path, "utf8");
    writeFileSync(path, text.replace("max(tidegauge_outbox_dead) > 0", "max(tidegauge_outbox_dead) > 99"));
    expect(() => said("test", "rules", "tidegauge.rules.test.yml")).toThrow(/NotificationsDead/);
    writeFileSync(path, text);
  },
  240_000,
);

test("every alert has a stream on which it fires and one on which it does not", () => {
  expect(missingTests(rules)).toEqual([]);
});

test.skipIf(!existsSync(AMTOOL))("amtool accepts the Alertmanager config", () => {
  const said = execFileSync(AMTOOL, ["check-config", join(folder, "alertmanager", "alertmanager.yml")], {
    encoding: "utf8",
  });
  expect(said).toMatch(/SUCCESS[\s\S]*5 inhibit rules/);
});

test("every alert has its runbook, every runbook its alert, and links lead to where people reach the service", () => {
  const pages = readdirSync(join(root, "docs/runbooks")).map((name) => name.replace(".md", ""));
  expect(pages.toSorted()).toEqual(rules.map((r) => r.alert).toSorted());
  const { groups } = parse(readFileSync(join(folder, "prometheus", "tidegauge.rules.yml"), "utf8")) as {
    groups: { rules: { alert?: string; annotations?: { runbook_url: string } }[] }[];
  };
  for (const { alert, annotations } of groups.flatMap((g) => g.rules))
    if (alert) expect(annotations?.runbook_url).toBe(`https://drift.example.com/runbooks/${alert}`);
  const { scrape_configs } = parse(readFileSync(join(folder, "prometheus", "prometheus.yml"), "utf8"));
  expect(scrape_configs[0].static_configs[0].targets).toEqual(["drift.example.com:443"]);
});

test("rules and dashboards name only metrics that exist", () => {
  const known = new Set([...METRICS, ...detectorMetrics(DETECTORS)].map((m) => PREFIX + m.name));
  const texts = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  const named = texts.flatMap((text) => [...text.matchAll(/(?<![\w:.])tidegauge_\w+/g)].map(([name]) => name));
  expect(named.length).toBeGreaterThan(50);
  const unknown = named.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, "")));
  expect([...new Set(unknown)]).toEqual([]);
});

test("a bad address or folder is one clear error", async () => {
  await expect(dashboards.run(["--out", folder, "--url", "drift"])).rejects.toThrow(/--url drift is no http/);
  await expect(dashboards.run([])).rejects.toThrow(/--out DIR is missing/);
  writeFileSync(join(folder, "file"), "");
  await expect(dashboards.run(["--out", join(folder, "file")])).rejects.toThrow(/cannot be written/);
});
