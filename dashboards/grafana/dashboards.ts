import {
  AnnotationQueryBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { Detector } from "../../engine/detector.ts";
import { lines, number, POSTGRES, PROMETHEUS, postgres, rows } from "./panels.ts";

const MONITOR = 'monitor=~"$monitor"';
const SIGNALS = "tidegauge.signal where monitor in (${monitor:sqlstring}) and $__timeFilter(created_at)";

export function dashboards(detectors: readonly Detector[]): readonly Dashboard[] {
  return [fleet(detectors), operations(), ...detectors.map(detectorDashboard)];
}

function frame(uid: string, title: string, monitors: string, opening: readonly string[]): DashboardBuilder {
  const kinds = opening.map((kind) => `'${kind}'`).join(", ");
  const drift = `select extract(epoch from created_at) * 1000 as time, summary as text, monitor || ',' || kind as tags from ${SIGNALS} and kind in (${kinds}) order by created_at limit 500`;
  return new DashboardBuilder(title)
    .uid(uid)
    .tags(["tidegauge", "generated"])
    .editable()
    .refresh("15s")
    .time({ from: "now-3h", to: "now" })
    .timezone("browser")
    .withVariable(new DatasourceVariableBuilder("prometheus").label("Prometheus").type("prometheus"))
    .withVariable(new DatasourceVariableBuilder("postgres").label("PostgreSQL").type(POSTGRES.type))
    .withVariable(
      new QueryVariableBuilder("monitor")
        .label("Monitor")
        .datasource(PROMETHEUS)
        .query({ query: `label_values(${monitors}, monitor)`, refId: "monitor" })
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true),
    )
    .link(new DashboardLinkBuilder("Tidegauge").type(DashboardLinkType.Dashboards).tags(["tidegauge"]).asDropdown(true))
    .annotation(
      new AnnotationQueryBuilder()
        .name("Drift")
        .datasource(POSTGRES)
        .enable(true)
        .iconColor("#D55E00")
        .target(postgres(drift)),
    );
}

function fleet(detectors: readonly Detector[]): Dashboard {
  const opening = [...new Set(detectors.flatMap(openingKinds))].sort();
  const recent = `select created_at as "time", monitor, key, kind, severity, summary from ${SIGNALS} order by created_at desc limit 200`;
  const open = `select created_at as "since", monitor, key, kind, state, body->>'summary' as summary from tidegauge.episode where monitor in (\${monitor:sqlstring}) and state <> 'closed' order by created_at desc limit 200`;
  return frame("tidegauge-fleet", "Tidegauge / Fleet", "tidegauge_monitor_running", opening)
    .withPanel(
      number("Monitors running", `sum(max by (monitor) (tidegauge_monitor_running{${MONITOR}}))`, {
        help: "Monitors that take events.",
      }),
    )
    .withPanel(
      number("Keys drifting", `sum(tidegauge_drift_active{${MONITOR}})`, { help: "Keys with an open episode." }),
    )
    .withPanel(
      number("Worst statistic / threshold", `max(tidegauge_statistic_threshold_ratio{${MONITOR}})`, {
        help: "1 or more is an alarm, whatever the detector.",
      }),
    )
    .withPanel(
      number("Events per second", `sum(rate(tidegauge_events_consumed_total{${MONITOR}}[$__rate_interval]))`, {
        help: "Records taken from the sources.",
      }),
    )
    .withPanel(number("Alerts waiting", "max(tidegauge_outbox_waiting)", { help: "Notifications not yet delivered." }))
    .withPanel(
      number(
        "Rejected",
        `sum(rate(tidegauge_events_rejected_total{${MONITOR}}[$__rate_interval])) / sum(rate(tidegauge_events_consumed_total{${MONITOR}}[$__rate_interval]))`,
        { unit: "percentunit", help: "Share of events that were refused." },
      ),
    )
    .withPanel(
      lines(
        "Statistic over threshold, worst key",
        [{ expr: `max by (monitor) (tidegauge_statistic_threshold_ratio{${MONITOR}})`, legend: "{{monitor}}" }],
        { help: "1 is the alarm, for every detector.", width: 24, log: true },
      ),
    )
    .withPanel(
      lines(
        "Keys drifting",
        [{ expr: `sum by (monitor) (tidegauge_drift_active{${MONITOR}})`, legend: "{{monitor}}" }],
        { help: "Open episodes by monitor." },
      ),
    )
    .withPanel(
      lines(
        "Events",
        [
          {
            expr: `sum by (monitor) (rate(tidegauge_events_consumed_total{${MONITOR}}[$__rate_interval]))`,
            legend: "{{monitor}}",
          },
        ],
        { unit: "eps", help: "Records taken per second." },
      ),
    )
    .withPanel(
      lines(
        "Signals",
        [
          {
            expr: `sum by (monitor, kind) (increase(tidegauge_signals_total{${MONITOR}}[$__rate_interval]))`,
            legend: "{{monitor}} {{kind}}",
          },
        ],
        { help: "What detectors said in each step." },
      ),
    )
    .withPanel(
      lines(
        "Rejected events",
        [
          {
            expr: `sum by (monitor, reason) (rate(tidegauge_events_rejected_total{${MONITOR}}[$__rate_interval])) > 0`,
            legend: "{{monitor}} {{reason}}",
          },
        ],
        { unit: "eps", help: "By reason; each is a dead letter." },
      ),
    )
    .withPanel(rows("Open episodes", open, { help: "What drifts now." }))
    .withPanel(rows("Newest signals", recent, { help: "Newest first." }))
    .build();
}

function operations(): Dashboard {
  const quantile = (q: number, name: string, by: string) =>
    `histogram_quantile(${q}, sum by (${by}le) (rate(tidegauge_${name}_bucket[$__rate_interval])))`;
  const both = (name: string, by = "") => [
    { expr: quantile(0.5, name, by), legend: `${by === "" ? "" : `{{${by.replace(", ", "")}}} `}median` },
    { expr: quantile(0.99, name, by), legend: `${by === "" ? "" : `{{${by.replace(", ", "")}}} `}p99` },
  ];
  return frame("tidegauge-operations", "Tidegauge / Operations", "tidegauge_monitor_running", ["drift"])
    .withPanel(
      lines("Event to decision", both("event_to_decision_seconds", "monitor, "), {
        unit: "s",
        help: "Broker time until the detector's answer.",
      }),
    )
    .withPanel(
      lines("Event to commit", both("event_to_commit_seconds", "monitor, "), {
        unit: "s",
        help: "Broker time until the commit that carries the event.",
      }),
    )
    .withPanel(
      lines(
        "Lag",
        [{ expr: `tidegauge_consumer_lag_records{${MONITOR}}`, legend: "{{monitor}} {{topic}}[{{partition}}]" }],
        { help: "Records between what was processed and the source's end." },
      ),
    )
    .withPanel(
      lines(
        "Age of the last commit",
        [{ expr: `tidegauge_snapshot_age_seconds{${MONITOR}}`, legend: "{{monitor}} {{topic}}[{{partition}}]" }],
        { unit: "s", help: "After a restart so much is read again at most." },
      ),
    )
    .withPanel(
      lines("Store commit", both("store_commit_seconds"), { unit: "s", help: "One transaction of the store." }),
    )
    .withPanel(
      lines(
        "Commits",
        [{ expr: "sum by (outcome) (rate(tidegauge_snapshots_total[$__rate_interval]))", legend: "{{outcome}}" }],
        { unit: "ops", help: "By outcome; fenced: another member owns the partition now." },
      ),
    )
    .withPanel(
      lines("Detector update", both("detector_update_seconds", "monitor, "), {
        unit: "s",
        help: "One call of a detector with a batch.",
      }),
    )
    .withPanel(lines("Batch size", both("batch_size_events", "monitor, "), { help: "Events in a batch." }))
    .withPanel(
      lines(
        "Deliveries",
        [
          {
            expr: "sum by (target, outcome) (rate(tidegauge_webhook_deliveries_total[$__rate_interval]))",
            legend: "{{target}} {{outcome}}",
          },
        ],
        { unit: "ops", help: "Tries to deliver a notification." },
      ),
    )
    .withPanel(
      lines("Outbox", [{ expr: "max(tidegauge_outbox_oldest_seconds)", legend: "oldest waiting" }], {
        unit: "s",
        help: "0 when nothing waits.",
      }),
    )
    .withPanel(
      lines(
        "Keys in memory",
        [{ expr: `sum by (monitor) (tidegauge_keys_in_memory{${MONITOR}})`, legend: "{{monitor}}" }],
        { help: "States that are not only in the store." },
      ),
    )
    .withPanel(
      lines(
        "Partitions",
        [
          {
            expr: `sum by (instance, monitor) (tidegauge_assigned_partitions{${MONITOR}})`,
            legend: "{{instance}} {{monitor}}",
          },
        ],
        { help: "Which member reads how many." },
      ),
    )
    .withPanel(
      lines(
        "CPU",
        [
          {
            expr: "rate(process_cpu_seconds_total[$__rate_interval]) and on (instance) tidegauge_build_info",
            legend: "{{instance}}",
          },
        ],
        {
          unit: "percentunit",
          help: "Of one core.",
        },
      ),
    )
    .withPanel(
      lines(
        "Memory",
        [{ expr: "process_resident_memory_bytes and on (instance) tidegauge_build_info", legend: "{{instance}}" }],
        {
          unit: "bytes",
          help: "Resident.",
        },
      ),
    )
    .withPanel(
      lines(
        "Backend",
        [
          { expr: "tidegauge_backend_info", legend: "{{backend}} {{device}}" },
          { expr: "tidegauge_gpu_active", legend: "GPU" },
        ],
        { help: "Where the numeric kernels run." },
      ),
    )
    .build();
}

function detectorDashboard(detector: Detector): Dashboard {
  const of = `detector="${detector.name}",${MONITOR}`;
  const worst = (metric: string) =>
    `tidegauge_${metric}{${of},key=~"$key"} and on (monitor, key) topk(10, tidegauge_statistic_threshold_ratio{${of},key=~"$key"})`;
  const recent = `select created_at as "time", monitor, key, kind, severity, summary from ${SIGNALS} and detector = '${detector.name}' order by created_at desc limit 200`;
  const board = frame(
    `tidegauge-${detector.name}`,
    `Tidegauge / ${detector.title}`,
    `tidegauge_monitor_running{detector="${detector.name}"}`,
    openingKinds(detector),
  )
    .withVariable(
      new QueryVariableBuilder("key")
        .label("Key")
        .datasource(PROMETHEUS)
        .query({ query: `label_values(tidegauge_statistic_threshold_ratio{${of}}, key)`, refId: "key" })
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue(".*"),
    )
    .withPanel(
      lines(
        "Statistic over threshold, ten worst keys",
        [{ expr: worst("statistic_threshold_ratio"), legend: "{{monitor}} {{key}}" }],
        { help: "1 is the alarm.", width: 24, log: true },
      ),
    )
    .withPanel(
      lines(
        "Statistic",
        [
          { expr: worst("statistic"), legend: "{{monitor}} {{key}}" },
          { expr: `max by (monitor) (tidegauge_threshold{${of}})`, legend: "{{monitor}} threshold" },
        ],
        { help: "And what it is held against.", log: true },
      ),
    )
    .withPanel(
      lines(
        "Signals",
        [
          {
            expr: `sum by (monitor, kind) (increase(tidegauge_signals_total{${of}}[$__rate_interval]))`,
            legend: "{{monitor}} {{kind}}",
          },
        ],
        { help: "What the detector said in each step." },
      ),
    )
    // Before the gauges: after an odd number of half rows it would reach out of the grid.
    .withPanel(rows("Newest signals", recent, { help: "Newest first." }));
  for (const { name, help } of detector.gauges)
    board.withPanel(
      lines(titleOf(name, detector.name), [{ expr: worst(name), legend: "{{monitor}} {{key}}" }], { help }),
    );
  return board.build();
}

export function openingKinds(detector: Detector): readonly string[] {
  return detector.signals.filter((s) => s.episode === "opens").map((s) => s.kind);
}

function titleOf(gauge: string, detector: string): string {
  const words = gauge.replace(`${detector.replaceAll("-", "_")}_`, "").replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
