import { stringify } from "yaml";

/** An Alertmanager config to start from: one storm silences its single alarms, a halted monitor its stale one. */
export function alertmanagerFile(receiver = "http://127.0.0.1:9095/"): string {
  return stringify(
    {
      route: {
        receiver: "default",
        group_by: ["alertname", "monitor"],
        group_wait: "30s",
        group_interval: "5m",
        repeat_interval: "12h",
        routes: [{ receiver: "default", matchers: ['severity="critical"'], group_wait: "5s", repeat_interval: "1h" }],
      },
      inhibit_rules: [
        {
          source_matchers: ['alertname="DriftStorm"'],
          target_matchers: ['alertname="DriftDetected"'],
          equal: ["monitor"],
        },
        {
          source_matchers: ['alertname="MonitorHalted"'],
          target_matchers: ['alertname=~"DetectorStale|PartitionStalled|ConsumerLagGrowing|SnapshotTooOld"'],
          equal: ["monitor"],
        },
        {
          source_matchers: ['alertname="SchemaChanged"'],
          target_matchers: ['alertname="RejectedEventsHigh"'],
          equal: ["monitor"],
        },
        {
          source_matchers: ['alertname="TidegaugeDown"'],
          target_matchers: ['alertname=~"DetectorStale|PartitionStalled|ConsumerLagGrowing"'],
        },
        {
          source_matchers: ['alertname="WebhookFailing"'],
          target_matchers: ['alertname="OutboxBacklog"'],
        },
      ],
      receivers: [{ name: "default", webhook_configs: [{ url: receiver, send_resolved: true }] }],
    },
    { lineWidth: 0 },
  );
}

/** Scrape and rules; `alertmanager` as host:port. */
export function prometheusFile(targets: readonly string[], alertmanager: string): string {
  return stringify(
    {
      global: { scrape_interval: "15s", evaluation_interval: "15s" },
      rule_files: ["tidegauge.rules.yml"],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] },
      scrape_configs: [{ job_name: "tidegauge", static_configs: [{ targets: [...targets] }] }],
    },
    { lineWidth: 0 },
  );
}
