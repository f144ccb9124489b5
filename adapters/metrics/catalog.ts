import type { Detector } from "../../engine/detector.ts";

export interface MetricSpec {
  /** Without `tidegauge_`, with `_total` on counters. */
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  readonly buckets?: readonly number[];
}

export const PREFIX = "tidegauge_";
/** The key under which a metric folds what is over its budget. */
export const OTHER_KEY = "__other__";

const KEY = ["monitor", "detector", "key"] as const;
const LANE = ["monitor", "topic", "partition"] as const;
const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LATENCY = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.25, 2.5, 5, 10, 30, 60, 300, 3600];

/** Everything on /metrics but the detectors' own gauges and the process's; docs, dashboards and rules follow from it. */
export const METRICS = [
  gauge("build_info", "Always 1; what is running.", ["version", "revision", "node"]),
  gauge("backend_info", "Always 1; where the numeric kernels run.", ["backend", "device"]),
  gauge("gpu_active", "1 when the kernels run on a GPU.", []),
  gauge("ready", "1 when /readyz says yes.", []),
  gauge("monitor_running", "1 while the monitor takes events (or has reached its stream's end), 0 when halted.", [
    "monitor",
    "detector",
  ]),

  counter("events_consumed_total", "Records taken from the source.", ["monitor"]),
  counter("events_accepted_total", "Events that reached the detector.", ["monitor"]),
  counter("events_rejected_total", "Records refused, by reason; each is a dead letter.", ["monitor", "reason"]),
  counter("events_missed_total", "Records that the source's retention removed before they were read.", ["monitor"]),
  counter(
    "events_rekeyed_total",
    "Records written to the internal topic of a monitor with repartition: true, repeated ones included.",
    ["monitor"],
  ),
  counter("events_repeated_total", "Records of the internal topic that were there before, and were passed over.", [
    "monitor",
  ]),
  counter("events_duplicate_total", "Events passed over because their id had come before (`dedupe`).", ["monitor"]),
  gauge(
    "schema_change_active",
    "1 while records of one new shape are refused in number, until it is over or acknowledged.",
    LANE,
  ),
  counter("signals_total", "What detectors said.", ["monitor", "detector", "kind", "severity"]),
  gauge("keys_in_memory", "Keys whose state is in memory.", ["monitor"]),
  gauge("last_event_timestamp_seconds", "Event time of the newest event.", ["monitor", "detector"]),
  gauge("last_drift_timestamp_seconds", "Event time of the newest alarm.", ["monitor", "detector"]),

  gauge("statistic", "The detector's statistic.", KEY),
  gauge("threshold", "What the statistic is held against.", KEY),
  gauge("statistic_threshold_ratio", "statistic / threshold: 1 or more is an alarm, whatever the detector.", KEY),
  gauge("drift_active", "1 while an episode is open: until recovery or acknowledgement.", KEY),
  counter(
    "label_overflow_total",
    "Keys folded into the key __other__ (which shows the worst of them), counted at each scrape.",
    ["metric"],
  ),

  gauge("assigned_partitions", "Partitions that this process reads.", ["monitor"]),
  gauge("consumer_lag_records", "Records between what was processed and the source's end.", LANE),
  gauge(
    "snapshot_age_seconds",
    "Since the last commit of the partition; 0 while no record waits to be read or committed.",
    LANE,
  ),
  counter("snapshots_total", "Checkpoints, by outcome.", ["outcome"]),

  counter("webhook_deliveries_total", "Tries to deliver a notification, by outcome.", ["target", "outcome"]),
  gauge("target_broken", "1 while a target keeps failing and is only probed, one notification each 30 s.", ["target"]),
  gauge("outbox_waiting", "Notifications not yet delivered.", []),
  gauge("outbox_dead", "Notifications given up; redeliver them when the target is back.", []),
  gauge("outbox_oldest_seconds", "Age of the oldest notification not yet delivered; 0 when none waits.", []),

  histogram("event_to_decision_seconds", "Event time until the detector's answer.", ["monitor"], LATENCY),
  histogram(
    "event_to_commit_seconds",
    "Event time of the oldest event that a commit carries, until that commit.",
    ["monitor"],
    LATENCY,
  ),
  histogram("detector_update_seconds", "One call of a detector with a batch.", ["monitor", "detector"], SECONDS),
  histogram(
    "batch_size_events",
    "Events in a batch.",
    ["monitor"],
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000],
  ),
  histogram("store_commit_seconds", "One transaction of the store.", [], SECONDS),
  histogram("webhook_duration_seconds", "One try to deliver.", ["target"], [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]),
] as const satisfies readonly MetricSpec[];

/** Every label that a metric may have, and what it may say. */
export const LABELS: Readonly<Record<Label, string>> = {
  monitor: "Name in the configuration",
  detector: "Name of the detector",
  key: `Key of the monitor; ${OTHER_KEY}: those over the budget`,
  topic: "Topic, file or inbox that the monitor reads",
  partition: "Partition of it",
  reason: "Of a closed list: see errors",
  kind: "Kind of signal, of the detector's list",
  severity: "info, warning, critical",
  metric: "Name of a metric per key",
  outcome: "Of snapshots: committed, fenced, failed; of deliveries: delivered, retry, dead",
  target: "Name of the alert channel",
  version: "Of Tidegauge",
  revision: "Commit of the source, where it is known",
  node: "Version of Node",
  backend: "tensorflow, webgpu, wasm, cpu",
  device: "What it computes on",
};
type Label = (typeof METRICS)[number]["labels"][number];

export type MetricName = (typeof METRICS)[number]["name"];

/** The gauges that detectors declare, one family for each name. */
export function detectorMetrics(detectors: readonly Detector[]): readonly MetricSpec[] {
  const families = new Map<string, MetricSpec>();
  for (const detector of detectors) {
    for (const { name, help } of detector.gauges) {
      if (!families.has(name)) families.set(name, gauge(name, help, KEY));
    }
  }
  return [...families.values()];
}

function counter<const N extends string, const L extends readonly string[]>(name: N, help: string, labels: L) {
  return { name, type: "counter", help, labels } as const;
}

function gauge<const N extends string, const L extends readonly string[]>(name: N, help: string, labels: L) {
  return { name, type: "gauge", help, labels } as const;
}

function histogram<const N extends string, const L extends readonly string[]>(
  name: N,
  help: string,
  labels: L,
  buckets: readonly number[],
) {
  return { name, type: "histogram", help, labels, buckets } as const;
}
