import { stringify } from "yaml";
import { type AlertRule, alertRules, RECORDING_RULES } from "./rules.ts";

export const RUNBOOKS = "docs/runbooks";
/** Where links lead unless `tidegauge dashboards --url` says otherwise. */
export const DEFAULT_URL = "http://127.0.0.1:8080";

/** rules.yml for Prometheus: recording rules first, alerts on them after. */
export function rulesFile(opening: readonly string[], url = DEFAULT_URL): string {
  const alerts = alertRules(opening).map(({ alert, severity, expr, for: held, summary, description }) => ({
    alert,
    expr,
    for: held,
    labels: { severity },
    annotations: { summary, description, runbook_url: `${url}/runbooks/${alert}` },
  }));
  return stringify(
    {
      groups: [
        { name: "tidegauge-recording", interval: "15s", rules: RECORDING_RULES },
        { name: "tidegauge", interval: "15s", rules: alerts },
      ],
    },
    { lineWidth: 0 },
  );
}

/** Unit tests of the rules for `promtool test rules`, beside the file of the rules. */
export function rulesTestFile(opening: readonly string[]): string {
  const tests = alertRules(opening).flatMap(({ alert, severity, tests }) =>
    tests.map(({ series, at, fires }) => ({
      interval: "1m",
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [
        {
          expr: `ALERTS{alertname="${alert}", alertstate="firing"}`,
          eval_time: at,
          exp_samples: fires.map((labels) => ({
            labels: metric("ALERTS", { alertname: alert, alertstate: "firing", severity, ...labels }),
            value: 1,
          })),
        },
      ],
    })),
  );
  return stringify({ rule_files: ["tidegauge.rules.yml"], evaluation_interval: "15s", tests }, { lineWidth: 0 });
}

function metric(name: string, labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return `${name}{${pairs.join(",")}}`;
}

export function missingTests(rules: readonly AlertRule[]): string[] {
  const both = (rule: AlertRule): boolean =>
    rule.tests.some((t) => t.fires.length > 0) && rule.tests.some((t) => t.fires.length === 0);
  return rules.filter((rule) => !both(rule)).map((rule) => rule.alert);
}
