import { stringify } from "yaml";
import type { Detector } from "../engine/detector.ts";
import { dashboards, openingKinds } from "./grafana/dashboards.ts";
import { alertmanagerFile, prometheusFile } from "./prometheus/alertmanager.ts";
import { rulesFile, rulesTestFile } from "./prometheus/render.ts";

const NOTE = "# Generated from the detectors by `npm run generate`; a test fails when it is stale.\n";

/** Everything that Prometheus, Alertmanager and Grafana read: path → content. */
export function provisioning(detectors: readonly Detector[]): ReadonlyMap<string, string> {
  const opening = [...new Set(detectors.flatMap(openingKinds))].sort();
  const files = new Map<string, string>([
    ["prometheus/prometheus.yml", NOTE + prometheusFile(["127.0.0.1:8080"], "127.0.0.1:9093")],
    ["prometheus/tidegauge.rules.yml", NOTE + rulesFile(opening)],
    ["prometheus/tidegauge.rules.test.yml", NOTE + rulesTestFile(opening)],
    ["alertmanager/alertmanager.yml", NOTE + alertmanagerFile()],
    ["grafana/datasources/tidegauge.yml", NOTE + datasources()],
    ["grafana/dashboards/tidegauge.yml", NOTE + provider()],
  ]);
  for (const dashboard of dashboards(detectors))
    files.set(`grafana/dashboards/json/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 1)}\n`);
  return files;
}

function datasources(): string {
  return stringify(
    {
      apiVersion: 1,
      datasources: [
        {
          name: "Tidegauge Prometheus",
          uid: "tidegauge-prometheus",
          type: "prometheus",
          access: "proxy",
          url: "${PROMETHEUS_URL}",
          isDefault: true,
          jsonData: { timeInterval: "15s", httpMethod: "POST" },
        },
        {
          name: "Tidegauge PostgreSQL",
          uid: "tidegauge-postgres",
          type: "grafana-postgresql-datasource",
          url: "${POSTGRES_HOST}",
          user: "${POSTGRES_USER}",
          secureJsonData: { password: "${POSTGRES_PASSWORD}" },
          jsonData: { database: "${POSTGRES_DATABASE}", sslmode: "${POSTGRES_SSLMODE}", postgresVersion: 1500 },
        },
      ],
    },
    { lineWidth: 0 },
  );
}

function provider(): string {
  return stringify(
    {
      apiVersion: 1,
      providers: [
        {
          name: "tidegauge",
          folder: "Tidegauge",
          folderUid: "tidegauge",
          type: "file",
          disableDeletion: true,
          allowUiUpdates: false,
          options: { path: "/etc/grafana/provisioning/dashboards/json" },
        },
      ],
    },
    { lineWidth: 0 },
  );
}
