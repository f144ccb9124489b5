import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import {
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ScaleDistribution,
  ScaleDistributionConfigBuilder,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatPanel } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TablePanel } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesPanel } from "@grafana/grafana-foundation-sdk/timeseries";

/** Names of the data-source variables that every dashboard has. */
export const PROMETHEUS = { type: "prometheus", uid: "${prometheus}" } as const;
export const POSTGRES = { type: "grafana-postgresql-datasource", uid: "${postgres}" } as const;

export interface Line {
  readonly expr: string;
  readonly legend: string;
}

export interface Look {
  readonly unit?: string;
  readonly help: string;
  /** Of 24 columns. Default 12. */
  readonly width?: number;
  /** Logarithmic above 1, linear to 0: evidence and its line are often orders of magnitude apart. */
  readonly log?: boolean;
}

export function lines(title: string, targets: readonly Line[], look: Look): TimeseriesPanel {
  const panel = new TimeseriesPanel()
    .title(title)
    .description(look.help)
    .datasource(PROMETHEUS)
    .unit(look.unit ?? "short")
    .drawStyle(GraphDrawStyle.Line)
    .showPoints(VisibilityMode.Never)
    .lineWidth(1.5)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    )
    .span(look.width ?? 12)
    .height(8);
  if (look.log)
    panel.scaleDistribution(
      new ScaleDistributionConfigBuilder().type(ScaleDistribution.Symlog).log(10).linearThreshold(1),
    );
  for (const { expr, legend } of targets) panel.withTarget(prometheus(expr).legendFormat(legend));
  return panel;
}

export function number(title: string, expr: string, look: Look): StatPanel {
  return new StatPanel()
    .title(title)
    .description(look.help)
    .datasource(PROMETHEUS)
    .unit(look.unit ?? "short")
    .span(look.width ?? 4)
    .height(4)
    .withTarget(prometheus(expr).instant());
}

export function rows(title: string, sql: string, look: Look): TablePanel {
  return new TablePanel()
    .title(title)
    .description(look.help)
    .datasource(POSTGRES)
    .span(look.width ?? 24)
    .height(9)
    .withTarget(postgres(sql));
}

function prometheus(expr: string): DataqueryBuilder {
  return new DataqueryBuilder().datasource(PROMETHEUS).expr(expr).format(PromQueryFormat.TimeSeries);
}

/** The SDK has no query type for PostgreSQL. */
export function postgres(sql: string): Builder<Dataquery> {
  const query = { refId: "A", datasource: POSTGRES, format: "table", rawQuery: true, editorMode: "code", rawSql: sql };
  return { build: () => ({ ...query, _implementsDataqueryVariant: () => {} }) as Dataquery };
}
