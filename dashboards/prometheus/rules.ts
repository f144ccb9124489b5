/** An alert on Tidegauge's own metrics, with streams on which it must fire and must not. */
export interface AlertRule {
  readonly alert: string;
  readonly severity: "info" | "warning" | "critical";
  readonly expr: string;
  /** How long it must hold. */
  readonly for: string;
  readonly summary: string;
  readonly description: string;
  /** For promtool: metric streams in its notation at one sample a minute, and whether the alert fires at `at`. */
  readonly tests: readonly AlertTest[];
}

export interface AlertTest {
  readonly series: Readonly<Record<string, string>>;
  readonly at: string;
  /** Labels of the alerts that fire. */
  readonly fires: readonly Readonly<Record<string, string>>[];
}

export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
}

export const RECORDING_RULES: readonly RecordingRule[] = [
  { record: "monitor:tidegauge_drifting_keys:sum", expr: "sum by (monitor, detector) (tidegauge_drift_active)" },
  { record: "monitor:tidegauge_events:rate5m", expr: "sum by (monitor) (rate(tidegauge_events_consumed_total[5m]))" },
  {
    record: "monitor:tidegauge_rejected:ratio10m",
    expr: "sum by (monitor) (rate(tidegauge_events_rejected_total[10m])) / (sum by (monitor) (rate(tidegauge_events_consumed_total[10m])) > 0)",
  },
  {
    record: "monitor:tidegauge_event_to_decision_seconds:p99_5m",
    expr: "histogram_quantile(0.99, sum by (monitor, le) (rate(tidegauge_event_to_decision_seconds_bucket[5m])))",
  },
  {
    record: "target:tidegauge_webhook_failures:ratio15m",
    expr: 'sum by (target) (rate(tidegauge_webhook_deliveries_total{outcome!="delivered"}[15m])) / (sum by (target) (rate(tidegauge_webhook_deliveries_total[15m])) > 0)',
  },
];

/** `opening`: kinds of signals that open an episode, from the registry. */
export function alertRules(opening: readonly string[]): readonly AlertRule[] {
  return [...driftRules(opening), ...STREAM_RULES, ...DELIVERY_RULES];
}

function driftRules(opening: readonly string[]): readonly AlertRule[] {
  const kinds = opening.join("|");
  const said = `sum by (monitor, detector) (increase(tidegauge_signals_total{kind=~"${kinds}"}[5m])) > 0`;
  const active = { monitor: "m", detector: "numeric", key: "k" };
  return [
    {
      alert: "DriftDetected",
      severity: "warning",
      // The latch falls at recovery, maybe between two scrapes; the counter never does.
      expr: `max by (monitor, detector, key) (tidegauge_drift_active) == 1 or (${said} unless on (monitor, detector) max by (monitor, detector) (tidegauge_drift_active) == 1)`,
      for: "0m",
      summary: "{{ $labels.monitor }} drifts{{ with $labels.key }} (key {{ . }}){{ end }}",
      description:
        "{{ $labels.detector }} found a change that its promise does not explain by chance. What changed and since when: the live page, monitor {{ $labels.monitor }}.",
      tests: [
        {
          series: { 'tidegauge_drift_active{monitor="m",detector="numeric",key="k"}': "0x3 1x5" },
          at: "6m",
          fires: [active],
        },
        { series: { 'tidegauge_drift_active{monitor="m",detector="numeric",key="k"}': "0x10" }, at: "6m", fires: [] },
        {
          series: {
            'tidegauge_drift_active{monitor="m",detector="numeric",key="k"}': "0x10",
            [`tidegauge_signals_total{monitor="m",detector="numeric",kind="${opening[0]}",severity="warning"}`]:
              "0x3 1x7",
          },
          at: "6m",
          fires: [{ monitor: "m", detector: "numeric" }],
        },
      ],
    },
    {
      alert: "DriftStorm",
      severity: "critical",
      expr: "sum by (monitor, detector) (tidegauge_drift_active) >= 10 and sum by (monitor, detector) (tidegauge_drift_active) > 0.2 * count by (monitor, detector) (tidegauge_drift_active)",
      for: "1m",
      summary: "{{ $value }} keys of {{ $labels.monitor }} drift at once",
      description:
        "More than a fifth of the keys drift: look for one cause upstream (a deploy, a schema, a data source) before the single keys.",
      tests: [
        { series: keys(12, "0x2 1x10"), at: "6m", fires: [{ monitor: "m", detector: "numeric" }] },
        { series: { ...keys(12, "1x12"), ...keys(60, "0x12", "steady") }, at: "6m", fires: [] },
      ],
    },
  ];
}

function keys(count: number, values: string, name = "k"): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `tidegauge_drift_active{monitor="m",detector="numeric",key="${name}${i}"}`,
      values,
    ]),
  );
}

const STREAM_RULES: readonly AlertRule[] = [
  {
    alert: "TidegaugeDown",
    severity: "critical",
    expr: "absent(tidegauge_build_info)",
    for: "2m",
    summary: "No Tidegauge answers",
    description: "Prometheus has scraped no member for two minutes: no drift is looked for.",
    tests: [
      { series: { "other_metric{}": "1x10" }, at: "5m", fires: [{}] },
      { series: { 'tidegauge_build_info{version="1"}': "1x10" }, at: "5m", fires: [] },
    ],
  },
  {
    alert: "MonitorHalted",
    severity: "critical",
    expr: "min by (monitor, detector) (tidegauge_monitor_running) == 0",
    for: "1m",
    summary: "{{ $labels.monitor }} has halted",
    description: "It takes no events until what it says on /health is mended.",
    tests: [
      {
        series: { 'tidegauge_monitor_running{monitor="m",detector="numeric"}': "1x2 0x8" },
        at: "6m",
        fires: [{ monitor: "m", detector: "numeric" }],
      },
      { series: { 'tidegauge_monitor_running{monitor="m",detector="numeric"}': "1x8" }, at: "6m", fires: [] },
    ],
  },
  {
    alert: "DetectorStale",
    severity: "warning",
    expr: "sum by (monitor) (increase(tidegauge_events_consumed_total[15m])) == 0 and sum by (monitor) (tidegauge_events_consumed_total) > 0",
    for: "5m",
    summary: "{{ $labels.monitor }} has had no event for 15 minutes",
    description: "A stream that stopped is no steady stream: nothing can be found in it.",
    tests: [
      {
        series: { 'tidegauge_events_consumed_total{monitor="m"}': "0+10x5 50x40" },
        at: "40m",
        fires: [{ monitor: "m" }],
      },
      { series: { 'tidegauge_events_consumed_total{monitor="m"}': "0+10x60" }, at: "40m", fires: [] },
    ],
  },
  {
    alert: "ConsumerLagGrowing",
    severity: "warning",
    expr: "sum by (monitor, topic, partition) (tidegauge_consumer_lag_records) > 1000 and sum by (monitor, topic, partition) (deriv(tidegauge_consumer_lag_records[10m])) > 0",
    for: "10m",
    summary: "{{ $labels.monitor }} falls behind on {{ $labels.topic }}[{{ $labels.partition }}]: {{ $value }} records",
    description: "Events come faster than they are processed: alarms come later and later.",
    tests: [
      {
        series: { 'tidegauge_consumer_lag_records{monitor="m",topic="t",partition="0"}': "0+500x40" },
        at: "30m",
        fires: [{ monitor: "m", topic: "t", partition: "0" }],
      },
      {
        series: { 'tidegauge_consumer_lag_records{monitor="m",topic="t",partition="0"}': "20000-500x40" },
        at: "30m",
        fires: [],
      },
    ],
  },
  {
    alert: "PartitionStalled",
    severity: "critical",
    expr: "min by (monitor, topic, partition) (tidegauge_consumer_lag_records) > 0 and min by (monitor, topic, partition) (tidegauge_snapshot_age_seconds) > 300",
    for: "1m",
    summary: "{{ $labels.monitor }} stands still on {{ $labels.topic }}[{{ $labels.partition }}]",
    description: "Records wait and nothing was committed for five minutes.",
    tests: [
      {
        series: {
          'tidegauge_consumer_lag_records{monitor="m",topic="t",partition="0"}': "50x20",
          'tidegauge_snapshot_age_seconds{monitor="m",topic="t",partition="0"}': "0+60x20",
        },
        at: "10m",
        fires: [{ monitor: "m", topic: "t", partition: "0" }],
      },
      {
        series: {
          'tidegauge_consumer_lag_records{monitor="m",topic="t",partition="0"}': "0x20",
          'tidegauge_snapshot_age_seconds{monitor="m",topic="t",partition="0"}': "0+60x20",
        },
        at: "10m",
        fires: [],
      },
    ],
  },
  {
    alert: "DecisionLatencySLO",
    severity: "warning",
    expr: "monitor:tidegauge_event_to_decision_seconds:p99_5m > 0.25",
    for: "10m",
    summary: "{{ $labels.monitor }}: the slowest hundredth of decisions takes {{ $value | humanizeDuration }}",
    description: "The objective is 250 ms from the broker to the decision at half load.",
    tests: [
      { series: latency("0+100x40", "0+100x40"), at: "30m", fires: [] },
      { series: latency("0+10x40", "0+100x40"), at: "30m", fires: [{ monitor: "m" }] },
    ],
  },
  {
    alert: "RejectedEventsHigh",
    severity: "warning",
    expr: "monitor:tidegauge_rejected:ratio10m > 0.05",
    for: "5m",
    summary: "{{ $labels.monitor }} refuses {{ $value | humanizePercentage }} of its events",
    description: "Reasons and samples are among the dead letters. Often a schema changed upstream.",
    tests: [
      {
        series: {
          'tidegauge_events_consumed_total{monitor="m"}': "0+100x40",
          'tidegauge_events_rejected_total{monitor="m",reason="not-json"}': "0+20x40",
        },
        at: "30m",
        fires: [{ monitor: "m" }],
      },
      {
        series: {
          'tidegauge_events_consumed_total{monitor="m"}': "0+100x40",
          'tidegauge_events_rejected_total{monitor="m",reason="not-json"}': "0+1x40",
        },
        at: "30m",
        fires: [],
      },
    ],
  },
  {
    alert: "SchemaChanged",
    severity: "critical",
    expr: "max by (monitor, topic) (tidegauge_schema_change_active) == 1",
    for: "0m",
    summary: "Records of {{ $labels.topic }} have a shape that {{ $labels.monitor }} refuses",
    description: "They are kept as dead letters; no detector sees them until the cause is mended.",
    tests: [
      {
        series: {
          'tidegauge_schema_change_active{monitor="m",topic="t",partition="0"}': "0x9",
          'tidegauge_schema_change_active{monitor="m",topic="t",partition="1"}': "0x3 1x5",
        },
        at: "6m",
        fires: [{ monitor: "m", topic: "t" }],
      },
      {
        series: { 'tidegauge_schema_change_active{monitor="m",topic="t",partition="0"}': "1x3 0x5" },
        at: "6m",
        fires: [],
      },
    ],
  },
  {
    alert: "SnapshotTooOld",
    severity: "warning",
    expr: "max by (monitor, topic, partition) (tidegauge_snapshot_age_seconds) > 600 and on (monitor) sum by (monitor) (rate(tidegauge_events_accepted_total[5m])) > 0",
    for: "5m",
    summary:
      "{{ $labels.monitor }} has not committed {{ $labels.topic }}[{{ $labels.partition }}] for {{ $value | humanizeDuration }}",
    description: "After a restart so much would be read again; findings wait for their commit.",
    tests: [
      {
        series: {
          'tidegauge_snapshot_age_seconds{monitor="m",topic="t",partition="0"}': "0+60x40",
          'tidegauge_events_accepted_total{monitor="m"}': "0+10x40",
        },
        at: "30m",
        fires: [{ monitor: "m", topic: "t", partition: "0" }],
      },
      {
        series: {
          'tidegauge_snapshot_age_seconds{monitor="m",topic="t",partition="0"}': "1x40",
          'tidegauge_events_accepted_total{monitor="m"}': "0+10x40",
        },
        at: "30m",
        fires: [],
      },
    ],
  },
  {
    alert: "BackendFallback",
    severity: "warning",
    expr: "min by (instance) (tidegauge_gpu_active) == 0 and min by (instance) (max_over_time(tidegauge_gpu_active[7d])) == 1",
    for: "5m",
    summary: "{{ $labels.instance }} no longer runs on its GPU",
    description: "It did within the last week. Results are the same, slower. `tidegauge doctor` says why.",
    tests: [
      { series: { 'tidegauge_gpu_active{instance="a"}': "1x5 0x20" }, at: "15m", fires: [{ instance: "a" }] },
      { series: { 'tidegauge_gpu_active{instance="a"}': "0x25" }, at: "15m", fires: [] },
    ],
  },
];

function latency(fast: string, all: string): Record<string, string> {
  const bucket = (le: string) => `tidegauge_event_to_decision_seconds_bucket{monitor="m",le="${le}"}`;
  return { [bucket("0.1")]: fast, [bucket("1")]: all, [bucket("+Inf")]: all };
}

const DELIVERY_RULES: readonly AlertRule[] = [
  {
    alert: "WebhookFailing",
    severity: "warning",
    expr: "target:tidegauge_webhook_failures:ratio15m > 0.5",
    for: "10m",
    summary: "{{ $value | humanizePercentage }} of the tries to reach {{ $labels.target }} fail",
    description: "Notifications wait in the outbox and are tried again; nothing is lost.",
    tests: [
      {
        series: {
          'tidegauge_webhook_deliveries_total{target="ops",outcome="delivered"}': "0+1x40",
          'tidegauge_webhook_deliveries_total{target="ops",outcome="retry"}': "0+9x40",
        },
        at: "30m",
        fires: [{ target: "ops" }],
      },
      {
        series: {
          'tidegauge_webhook_deliveries_total{target="ops",outcome="delivered"}': "0+9x40",
          'tidegauge_webhook_deliveries_total{target="ops",outcome="retry"}': "0+1x40",
        },
        at: "30m",
        fires: [],
      },
    ],
  },
  {
    alert: "OutboxBacklog",
    severity: "warning",
    expr: "max(tidegauge_outbox_oldest_seconds) > 300",
    for: "5m",
    summary: "The oldest notification has waited {{ $value | humanizeDuration }}",
    description: "A target is unreachable or slow; people hear of alarms late.",
    tests: [
      { series: { "tidegauge_outbox_oldest_seconds{}": "0+60x30" }, at: "20m", fires: [{}] },
      { series: { "tidegauge_outbox_oldest_seconds{}": "5x30" }, at: "20m", fires: [] },
    ],
  },
  {
    alert: "NotificationsDead",
    severity: "critical",
    expr: "max(tidegauge_outbox_dead) > 0",
    for: "0m",
    summary: "{{ $value }} notifications were given up",
    description: "Nobody heard of them. Mend the target, then redeliver them from the health page.",
    tests: [
      { series: { "tidegauge_outbox_dead{}": "0x3 2x5" }, at: "6m", fires: [{}] },
      { series: { "tidegauge_outbox_dead{}": "0x9" }, at: "6m", fires: [] },
    ],
  },
];
