import type { Gauge } from "prom-client";
import { REFUSED_KEY, SCHEMA_CHANGE } from "../../engine/refusals.ts";
import { REASONS } from "../../engine/rejection.ts";
import type { LiveKey, MonitorView, ServiceView } from "../../engine/service-view.ts";
import type { Episode, Outbox } from "../../engine/store.ts";
import { type MetricName, OTHER_KEY, PREFIX } from "./catalog.ts";
import type { Instruments } from "./instruments.ts";
import type { KeySelection } from "./key-budget.ts";

type OutboxState = Awaited<ReturnType<Outbox["outboxState"]>>;

export const PER_KEY = ["statistic", "threshold", "statistic_threshold_ratio", "drift_active"] as const;

export function readService({ gauge }: Instruments, view: ServiceView, outbox: OutboxState | null): void {
  const { version, build, backend } = view;
  gauge("build_info").set({ version, revision: build.revision, node: build.node }, 1);
  gauge("backend_info").reset();
  gauge("backend_info").set({ backend: backend.backend, device: backend.device }, 1);
  gauge("gpu_active").set(backend.gpu ? 1 : 0);
  gauge("ready").set(view.ready().ok ? 1 : 0);
  const broken = view.brokenChannels?.() ?? [];
  for (const target of view.channels) gauge("target_broken").set({ target }, broken.includes(target) ? 1 : 0);
  // A store that does not answer leaves a gap in these, not an old value.
  const names = ["outbox_waiting", "outbox_dead", "outbox_oldest_seconds"] as const;
  for (const name of names) gauge(name).remove();
  if (outbox === null) return;
  gauge("outbox_waiting").set(outbox.waiting);
  gauge("outbox_dead").set(outbox.dead);
  gauge("outbox_oldest_seconds").set(outbox.oldestSeconds);
}

const COUNTED = [
  "events_consumed_total",
  "events_accepted_total",
  "events_rejected_total",
  "events_missed_total",
  "events_rekeyed_total",
  "events_repeated_total",
  "events_duplicate_total",
  "signals_total",
] as const;
const PER_MONITOR: readonly MetricName[] = [
  "monitor_running",
  "keys_in_memory",
  "last_event_timestamp_seconds",
  "last_drift_timestamp_seconds",
  "assigned_partitions",
  "consumer_lag_records",
  "snapshot_age_seconds",
  "schema_change_active",
];

export function readMonitors(instruments: Instruments, monitors: readonly MonitorView[]): void {
  const { counter, gauge } = instruments;
  for (const name of COUNTED) counter(name).reset();
  for (const name of PER_MONITOR) gauge(name).reset();
  for (const view of monitors) {
    const monitor = view.name;
    const detector = view.detector.name;
    counter("events_consumed_total").inc({ monitor }, view.counters.consumed);
    counter("events_accepted_total").inc({ monitor }, view.counters.accepted);
    counter("events_missed_total").inc({ monitor }, view.counters.missed ?? 0);
    counter("events_rekeyed_total").inc({ monitor }, view.counters.rekeyed ?? 0);
    counter("events_repeated_total").inc({ monitor }, view.counters.repeated ?? 0);
    counter("events_duplicate_total").inc({ monitor }, view.counters.duplicates ?? 0);
    for (const reason of REASONS) {
      counter("events_rejected_total").inc({ monitor, reason }, view.counters.rejected[reason] ?? 0);
    }
    for (const { kind, severity } of [...view.detector.signals, SCHEMA_CHANGE]) {
      counter("signals_total").inc({ monitor, detector, kind, severity }, 0);
    }
    for (const { kind, severity, count } of view.counters.signals) {
      counter("signals_total").inc({ monitor, detector, kind, severity }, count);
    }
    gauge("monitor_running").set({ monitor, detector }, view.state === "halted" ? 0 : 1);
    gauge("keys_in_memory").set({ monitor }, view.keysInMemory);
    setTime(gauge("last_event_timestamp_seconds"), { monitor, detector }, view.lastEventTime);
    setTime(gauge("last_drift_timestamp_seconds"), { monitor, detector }, view.lastDriftTime);
    gauge("assigned_partitions").set({ monitor }, view.lanes.length);
    for (const lane of view.lanes) {
      const labels = { monitor, topic: lane.topic, partition: String(lane.partition) };
      gauge("schema_change_active").set(labels, lane.schemaChanged === true ? 1 : 0);
      if (lane.lag !== null) gauge("consumer_lag_records").set(labels, lane.lag);
      gauge("snapshot_age_seconds").set(labels, (lane.waitingMs ?? 0) / 1000);
    }
  }
}

export function readKeys(
  instruments: Instruments,
  ownGauges: ReadonlyMap<string, Gauge>,
  monitors: readonly MonitorView[],
  selections: readonly KeySelection[],
): void {
  for (const name of PER_KEY) instruments.gauge(name).reset();
  for (const gauge of ownGauges.values()) gauge.reset();
  monitors.forEach((view, i) => {
    const { shown, folded, worst, driftActive } = selections[i]!;
    const base = { monitor: view.name, detector: view.detector.name };
    for (const key of shown) setKey({ ...base, key: key.key }, key, key.driftActive);
    if (worst === null) return;
    setKey({ ...base, key: OTHER_KEY }, worst, driftActive);
    const own = view.detector.gauges.map((g) => g.name);
    for (const metric of [...PER_KEY, ...own]) {
      instruments.counter("label_overflow_total").inc({ metric: PREFIX + metric }, folded);
    }
  });

  function setKey(labels: Labels, key: LiveKey, active: boolean) {
    const { statistic, threshold, gauges } = key.inspect();
    if (statistic !== null) instruments.gauge("statistic").set(labels, statistic);
    if (threshold !== null) instruments.gauge("threshold").set(labels, threshold);
    instruments.gauge("statistic_threshold_ratio").set(labels, key.ratio);
    instruments.gauge("drift_active").set(labels, active ? 1 : 0);
    for (const [name, value] of Object.entries(gauges)) ownGauges.get(name)?.set(labels, value);
  }
}

/**
 * An alarm stays on where its key is not in memory (after a restart, after eviction), on the process that owns the
 * partition. The statistic is not known then.
 */
export function readLatched(
  { gauge, counter }: Instruments,
  monitors: readonly MonitorView[],
  open: readonly Episode[],
  room: number,
): void {
  const seen = new Set<string>();
  for (const { monitor, key, opened } of open) {
    // No key's: schema_change_active says it.
    if (key === REFUSED_KEY) continue;
    const view = monitors.find((m) => m.name === monitor);
    const { topic, partition } = view?.homeOf?.(key) ?? opened.position;
    const ours = view?.lanes.some((lane) => lane.topic === topic && lane.partition === partition);
    if (view === undefined || !ours || view.key(key) !== null || seen.has(`${monitor}\u0000${key}`)) continue;
    seen.add(`${monitor}\u0000${key}`);
    const fits = seen.size <= room;
    gauge("drift_active").set({ monitor, detector: view.detector.name, key: fits ? key : OTHER_KEY }, 1);
    if (!fits) counter("label_overflow_total").inc({ metric: `${PREFIX}drift_active` }, 1);
  }
}

type Labels = Record<string, string>;

function setTime(gauge: Gauge, labels: Labels, time: number | null): void {
  if (time !== null) gauge.set(labels, time / 1000);
}
