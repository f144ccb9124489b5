import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { Detector, Inspection } from "../../engine/detector.ts";
import { REASONS } from "../../engine/rejection.ts";
import type { LiveKey, MonitorView, ServiceView } from "../../engine/service-view.ts";
import type { Episode } from "../../engine/store.ts";
import { METRICS } from "./catalog.ts";
import { createMetrics, type MetricsOptions } from "./metrics.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");

test("every metric of the catalogue is announced with its help and type from the first scrape", async () => {
  const { text } = await scrape([monitor("bot", [])]);
  for (const { name, type, help } of METRICS) {
    expect(text).toContain(`# TYPE tidegauge_${name} ${type}\n`);
    expect(text).toContain(`# HELP tidegauge_${name} ${help}\n`);
  }
});

test("known label sets start at 0", async () => {
  const { value } = await scrape([monitor("bot", [])]);
  for (const reason of REASONS) expect(value(`events_rejected_total{monitor="bot",reason="${reason}"}`)).toBe(0);
  expect(value('signals_total{monitor="bot",detector="numeric",kind="drift",severity="critical"}')).toBe(0);
  expect(value('webhook_deliveries_total{target="ops",outcome="dead"}')).toBe(0);
  expect(value('snapshots_total{outcome="failed"}')).toBe(0);
  expect(value('event_to_decision_seconds_count{monitor="bot"}')).toBe(0);
  expect(value('detector_update_seconds_count{monitor="bot",detector="numeric"}')).toBe(0);
  expect(value('label_overflow_total{metric="tidegauge_statistic"}')).toBe(0);
  expect(value("outbox_oldest_seconds")).toBe(12.5);
});

test("counters and gauges say what the engine says, each time anew", async () => {
  const metrics = createMetrics({ now: () => NOW });
  const bot = monitor("bot", [liveKey("k1", { ratio: 1.2, driftActive: true })]);
  bot.counters.consumed = 10;
  bot.counters.accepted = 7;
  bot.counters.rejected = { "not-json": 3 };
  bot.counters.signals = [{ kind: "drift", severity: "critical", count: 2 }];
  for (const times of [1, 2]) {
    const { value } = await scrape([bot], {}, metrics);
    expect(value('events_consumed_total{monitor="bot"}')).toBe(10 * times);
    expect(value('events_accepted_total{monitor="bot"}')).toBe(7);
    expect(value('events_rejected_total{monitor="bot",reason="not-json"}')).toBe(3);
    expect(value('signals_total{monitor="bot",detector="numeric",kind="drift",severity="critical"}')).toBe(2);
    const labels = '{monitor="bot",detector="numeric",key="k1"}';
    expect(value(`statistic${labels}`)).toBe(12);
    expect(value(`threshold${labels}`)).toBe(10);
    expect(value(`statistic_threshold_ratio${labels}`)).toBe(1.2);
    expect(value(`drift_active${labels}`)).toBe(1);
    expect(value(`numeric_mean${labels}`)).toBe(5);
    expect(value('consumer_lag_records{monitor="bot",topic="events",partition="0"}')).toBe(5);
    expect(value('snapshot_age_seconds{monitor="bot",topic="events",partition="0"}')).toBe(3);
    expect(value('schema_change_active{monitor="bot",topic="events",partition="0"}')).toBe(1);
    expect(value('last_event_timestamp_seconds{monitor="bot",detector="numeric"}')).toBe(NOW / 1000 - 60);
    bot.counters.consumed = 20;
  }
});

test("what is not known has no sample, and comes and goes with its value", async () => {
  const metrics = createMetrics({ now: () => NOW });
  const bot = monitor("bot", [liveKey("k1", { statistic: null, threshold: null })]);
  bot.lastEventTime = null;
  const first = await scrape([bot], {}, metrics, () => Promise.reject(new RangeError("away")));
  expect(first.text).not.toContain("tidegauge_last_event_timestamp_seconds{");
  expect(first.text).not.toContain("tidegauge_statistic{");
  expect(first.text).not.toMatch(/^tidegauge_outbox_waiting /m);
  const again = await scrape([bot], {}, metrics);
  expect(again.value("outbox_waiting")).toBe(3);
});

test("a store that hangs does not hang the scrape", async () => {
  const { text } = await scrape([monitor("bot", [])], {}, undefined, () => new Promise(() => {}));
  expect(text).toContain('tidegauge_events_consumed_total{monitor="bot"}');
});

describe("the budget of series", () => {
  const many = (n: number, of: Partial<LiveKey> = {}) => Array.from({ length: n }, (_, i) => liveKey(`k${i}`, of));
  const series = (text: string, name: string) => text.split("\n").filter((l) => l.startsWith(`tidegauge_${name}{`));

  test("keys over it fold into one that shows the worst of them, and are counted", async () => {
    const keys = many(50);
    keys[40] = liveKey("k40", { ratio: 0.9 });
    const { text, value } = await scrape([monitor("bot", keys)], { keyBudget: 10 });
    expect(series(text, "statistic_threshold_ratio")).toHaveLength(11);
    expect(series(text, "numeric_mean")).toHaveLength(11);
    expect(value('statistic_threshold_ratio{monitor="bot",detector="numeric",key="__other__"}')).toBe(0.9);
    expect(value('label_overflow_total{metric="tidegauge_statistic_threshold_ratio"}')).toBe(40);
    expect(value('label_overflow_total{metric="tidegauge_numeric_mean"}')).toBe(40);
  });

  test("a drift among the folded keys shows, and drifting keys get free places first", async () => {
    const metrics = createMetrics({ keyBudget: 10, now: () => NOW });
    const keys = many(50);
    const before = await scrape([monitor("bot", keys)], {}, metrics);
    expect(before.value('drift_active{monitor="bot",detector="numeric",key="__other__"}')).toBe(0);
    keys[45] = liveKey("k45", { ratio: 2, driftActive: true });
    const during = await scrape([monitor("bot", keys)], {}, metrics);
    expect(during.value('drift_active{monitor="bot",detector="numeric",key="__other__"}')).toBe(1);
    const freed = keys.slice(1);
    const after = await scrape([monitor("bot", freed)], {}, metrics);
    expect(after.value('drift_active{monitor="bot",detector="numeric",key="k45"}')).toBe(1);
    expect(after.value('drift_active{monitor="bot",detector="numeric",key="k5"}')).toBe(0);
    expect(after.text).not.toContain('key="k0"');
  });

  test("who has a series keeps it, whatever the order of the keys", async () => {
    const metrics = createMetrics({ keyBudget: 10, now: () => NOW });
    const keys = many(50);
    const first = series((await scrape([monitor("bot", keys)], {}, metrics)).text, "drift_active");
    const second = series((await scrape([monitor("bot", keys.reverse())], {}, metrics)).text, "drift_active");
    expect(new Set(second)).toEqual(new Set(first));
  });

  test("it is one for all monitors", async () => {
    const { text } = await scrape([monitor("a", many(8)), monitor("b", many(8))], { keyBudget: 10 });
    expect(series(text, "drift_active")).toHaveLength(10 + 1);
  });

  test("idle keys vanish", async () => {
    const keys = [liveKey("idle", { touchedAt: NOW - 3_600_001 }), liveKey("alive", { touchedAt: NOW - 10 })];
    const { text } = await scrape([monitor("bot", keys)]);
    expect(text).toContain('key="alive"');
    expect(text).not.toContain('key="idle"');
    expect(text).not.toContain('key="__other__"');
  });
});

test("an alarm stays on when its key leaves the memory, on the process that owns its partition", async () => {
  const open = (key: string, partition = 0, monitor = "bot") =>
    ({
      monitor,
      key,
      opened: { index: 1, time: null, position: { topic: "events", partition, offset: "1" } },
    }) as Episode;
  const episodes = [open("asleep"), open("asleep"), open("awake"), open("theirs", 7), open("x", 0, "removed")];
  const keys = [liveKey("awake", { driftActive: false })];
  const { text, value } = await scrape([monitor("bot", keys)], {}, undefined, undefined, episodes);
  const active = (key: string) => value(`drift_active{monitor="bot",detector="numeric",key="${key}"}`);
  expect([active("asleep"), active("awake"), active("theirs")]).toEqual([1, 0, undefined]);
  expect(text).not.toContain('key="x"');
  const full = await scrape([monitor("bot", keys)], { keyBudget: 1 }, undefined, undefined, episodes);
  expect(full.value('drift_active{monitor="bot",detector="numeric",key="__other__"}')).toBe(1);
  expect(full.value('label_overflow_total{metric="tidegauge_drift_active"}')).toBe(1);
});

test("what was observed before the first scrape is not lost", async () => {
  const metrics = createMetrics({ now: () => NOW });
  metrics.meter.eventToDecision("bot", 0.2);
  metrics.meter.eventToDecision("bot", -5);
  metrics.meter.update("bot", "numeric", 0.001);
  metrics.meter.commit(0.02, "committed");
  metrics.meter.delivery("ops", 0.1, "retry");
  const { value } = await scrape([monitor("bot", [])], {}, metrics);
  expect(value('event_to_decision_seconds_count{monitor="bot"}')).toBe(2);
  expect(value('event_to_decision_seconds_sum{monitor="bot"}')).toBe(0.2);
  expect(value('event_to_decision_seconds_bucket{le="0.25",monitor="bot"}')).toBe(2);
  expect(value('detector_update_seconds_count{monitor="bot",detector="numeric"}')).toBe(1);
  expect(value('snapshots_total{outcome="committed"}')).toBe(1);
  expect(value('webhook_deliveries_total{target="ops",outcome="retry"}')).toBe(1);
  expect(value("store_commit_seconds_count")).toBe(1);
});

test("OpenMetrics when asked, and the text form is the same afterwards", async () => {
  const metrics = createMetrics({ now: () => NOW, processMetrics: false });
  const bot = monitor("bot", [liveKey('odd "key" \\ with\nlines')]);
  const plain = await scrape([bot], {}, metrics);
  const source = { view: serviceOf([bot]), store: storeOf() };
  const open = await metrics.scrape(source, "application/openmetrics-text;version=1.0.0,text/plain;q=0.5");
  expect(open.contentType).toContain("application/openmetrics-text");
  expect(open.body).toContain("# TYPE tidegauge_events_consumed counter\n");
  expect(open.body).toContain('\ntidegauge_events_consumed_total{monitor="bot"} 0\n');
  expect(open.body.endsWith("\n# EOF\n")).toBe(true);
  expect(open.body).not.toContain("\n\n");
  expect(open.body).toContain('key="odd \\"key\\" \\\\ with\\nlines"');
  const samples = (text: string) => text.split("\n").filter((l) => l !== "" && !l.startsWith("#"));
  expect(samples(open.body)).toEqual(samples(plain.text));
  expect((await scrape([bot], {}, metrics)).text).toBe(plain.text);
});

test("exemplars name the newest signal, and the event of the newest latency with its trace", async () => {
  const metrics = createMetrics({ now: () => NOW, processMetrics: false });
  const bot = monitor('b"ot', []);
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  bot.counters.signals = [
    { kind: "drift", severity: "critical", count: 2, exemplar: { signal: "sig_1", trace } },
    { kind: "warning", severity: "info", count: 1, exemplar: { signal: "s".repeat(90), trace } },
  ];
  metrics.meter.eventToDecision('b"ot', 0.2, { event: "events[0]@41", trace: null });
  const source = { view: serviceOf([bot]), store: storeOf() };
  const { body } = await metrics.scrape(source, "application/openmetrics-text");
  const lines = body.split("\n").filter((line) => line.includes(" # {"));
  expect(lines).toEqual([
    `tidegauge_signals_total{monitor="b\\"ot",detector="numeric",kind="drift",severity="critical"} 2 # {signal_id="sig_1",trace_id="${trace}"} 1`,
    // 128 characters are allowed.
    `tidegauge_signals_total{monitor="b\\"ot",detector="numeric",kind="warning",severity="info"} 1 # {signal_id="${"s".repeat(90)}"} 1`,
    'tidegauge_event_to_decision_seconds_bucket{le="0.25",monitor="b\\"ot"} 1 # {event_id="events[0]@41"} 0.2',
  ]);
  expect((await metrics.scrape(source)).body).not.toContain(" # {");
});

test("a target that is only probed shows", async () => {
  const metrics = createMetrics({ now: () => NOW });
  const view = { ...serviceOf([]), brokenChannels: () => ["ops"] };
  expect((await metrics.scrape({ view, store: storeOf() })).body).toContain(
    'tidegauge_target_broken{target="ops"} 1\n',
  );
  expect((await scrape([], {}, metrics)).value('target_broken{target="ops"}')).toBe(0);
});

test("promtool finds nothing to complain about", async (context) => {
  if (spawnSync("promtool", ["--version"]).error) {
    console.warn("SKIPPED: promtool is not installed, the exposition was not linted");
    return context.skip();
  }
  const { text } = await scrape([monitor("bot", [liveKey("k1")])], { processMetrics: false });
  const { status, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

// ---- a small running service ----

const OUTBOX = { waiting: 3, dead: 1, oldestSeconds: 12.5 };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type FakeMonitor = Mutable<Omit<MonitorView, "counters">> & { counters: Mutable<MonitorView["counters"]> };

async function scrape(
  monitors: readonly MonitorView[],
  options: MetricsOptions = {},
  metrics = createMetrics({ now: () => NOW, ...options }),
  outboxState: () => Promise<typeof OUTBOX> = async () => OUTBOX,
  episodes: readonly Episode[] = [],
) {
  const { body: text } = await metrics.scrape({ view: serviceOf(monitors), store: storeOf(outboxState, episodes) });
  const samples = new Map(
    text.split("\n").flatMap((line) => {
      const at = line.lastIndexOf(" ");
      return line === "" || line.startsWith("#") ? [] : [[line.slice(0, at), Number(line.slice(at + 1))] as const];
    }),
  );
  return { text, value: (name: string) => samples.get(`tidegauge_${name}`) };
}

function storeOf(outboxState = async () => OUTBOX, items: readonly Episode[] = []) {
  return { outboxState, episodes: async () => ({ items, next: null }) };
}

function serviceOf(monitors: readonly MonitorView[]): ServiceView {
  return {
    startedAt: NOW,
    version: "1.2.3",
    build: { revision: "abc", node: "20" },
    backend: { backend: "cpu", device: "cpu", gpu: false },
    channels: ["ops"],
    monitors: () => monitors,
    ready: () => ({ ok: true, reasons: [] }),
    onCommit: () => () => {},
  };
}

function monitor(name: string, keys: readonly LiveKey[]): FakeMonitor {
  return {
    name,
    detector: DETECTOR,
    sourceDescription: "test",
    acceptsEvents: false,
    run: "live",
    state: "running",
    error: null,
    promise: null,
    reference: null,
    options: {},
    counters: { consumed: 0, accepted: 0, rejected: {}, signals: [] },
    eventRate: null,
    lastEventTime: NOW - 60_000,
    lastDriftTime: null,
    lanes: [
      {
        topic: "events",
        partition: 0,
        identity: null,
        nextOffset: 5,
        highWatermark: 10,
        lag: 5,
        committedAt: NOW - 3_000,
        waitingMs: 3_000,
        schemaChanged: true,
        error: null,
      },
    ],
    keysInMemory: keys.length,
    keys: () => keys,
    key: (key) => keys.find((k) => k.key === key) ?? null,
    inspectStored: async () => INSPECTION,
    validate: () => ({ accepted: 0, rejected: {} }),
    poke() {},
  };
}

const INSPECTION: Inspection = {
  status: "steady",
  statistic: 12,
  threshold: 10,
  gauges: { numeric_mean: 5 },
  details: {},
};

function liveKey(key: string, of: Partial<LiveKey> & Partial<Inspection> = {}): LiveKey {
  const { statistic = 12, threshold = 10 } = of;
  return {
    key,
    events: 1,
    status: "steady",
    ratio: 0.1,
    driftActive: false,
    lastEventTime: NOW,
    touchedAt: NOW,
    inspect: () => ({ ...INSPECTION, statistic, threshold }),
    ...of,
  };
}

const DETECTOR = {
  name: "numeric",
  gauges: [{ name: "numeric_mean", help: 'Mean, "in words".' }],
  signals: [{ kind: "drift", severity: "critical", episode: "opens", help: "" }],
  event: z.strictObject({}),
} as unknown as Detector;
