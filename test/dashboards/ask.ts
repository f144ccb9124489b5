import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type pg from "pg";

/** One query of a panel, to Prometheus or to PostgreSQL. */
export interface Target {
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly rawSql?: string;
}

export interface Panel {
  readonly type: string;
  readonly title: string;
  readonly unit: string;
  /** Logarithmic above 1. */
  readonly log: boolean;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly Target[];
}

export function panelsOf({ panels }: Dashboard): readonly Panel[] {
  return (panels ?? []).map((panel) => {
    const { type, title, gridPos, targets, fieldConfig } = panel as unknown as Panel & {
      fieldConfig?: { defaults: { unit?: string; custom?: { scaleDistribution?: unknown } } };
    };
    const { unit = "short", custom } = fieldConfig?.defaults ?? {};
    return { type, title, gridPos, targets, unit, log: custom?.scaleDistribution !== undefined };
  });
}

/** The query that marks drift on every curve of a dashboard. */
export function marksOf({ annotations }: Dashboard): string {
  return (annotations!.list![0]!.target as unknown as { rawSql: string }).rawSql;
}

export interface Series {
  readonly name: string;
  /** Epoch seconds and value; without what is not a number. */
  readonly points: readonly (readonly [number, number])[];
}

/** Seconds and an end in epoch seconds (default now); rates are over `rate` seconds. */
export interface Span {
  readonly seconds: number;
  readonly end?: number;
  readonly rate: number;
}

/** The series of a span, every two seconds; those without any value are left out. */
export async function askPrometheus(
  url: string,
  { expr, legendFormat }: Target,
  { seconds, end = Date.now() / 1000, rate }: Span,
): Promise<Series[]> {
  const query = expr!.replaceAll("$__rate_interval", `${rate}s`).replaceAll(/\$(monitor|key)/g, ".*");
  const form = new URLSearchParams({ query, start: String(end - seconds), end: String(end), step: "2" });
  const answer = await fetch(`${url}/api/v1/query_range`, { method: "POST", body: form });
  const { status, error, data } = (await answer.json()) as {
    status: string;
    error?: string;
    data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
  };
  if (status !== "success") throw new RangeError(`${query}: ${error}`);
  return data.result
    .map(({ metric, values }) => ({
      name: (legendFormat ?? "").replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? "").trim(),
      points: values.map(([at, value]) => [at, Number(value)] as const).filter(([, value]) => !Number.isNaN(value)),
    }))
    .filter(({ points }) => points.length > 0);
}

export async function askPostgres(
  client: pg.Client,
  sql: string,
  monitors: readonly string[],
): Promise<Record<string, unknown>[]> {
  const text = sql
    .replaceAll("${monitor:sqlstring}", monitors.map((name) => `'${name}'`).join(", "))
    .replaceAll("$__timeFilter(created_at)", "created_at > now() - interval '1 hour'");
  return (await client.query(text)).rows;
}
