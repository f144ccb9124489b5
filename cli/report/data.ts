import type { EpisodeDto, InspectionDto, MonitorDetail } from "../../adapters/http/types.ts";

/** What the report's page is drawn from: the JSON inside the HTML file. */
export interface ReportData {
  readonly version: 1;
  readonly program: string;
  readonly monitor: string;
  readonly detector: string;
  /** The detector's title. */
  readonly title: string;
  /** Name of the recorded stream. */
  readonly input: string;
  /** Promised events between false alarms of each kind; null: none in events. */
  readonly promise: number | null;
  readonly reference: MonitorDetail["reference"];
  readonly gauges: MonitorDetail["gauges"];
  readonly events: number;
  readonly accepted: number;
  readonly rejected: Readonly<Record<string, number>>;
  readonly signals: Readonly<Record<string, number>>;
  readonly prequential: Readonly<Record<string, number>> | null;
  readonly keyCount: number;
  /** Those that need a look first; no more than fit. */
  readonly keys: readonly ReportKey[];
  readonly whatIf: WhatIf | null;
}

export interface ReportKey {
  readonly key: string;
  readonly events: number;
  /** Highest ratio, and the last. */
  readonly peak: number;
  readonly now: number;
  readonly inspection: InspectionDto;
  /** Point i spans events (to[i−1], to[i]]; the first begins at `from`. */
  readonly from: number;
  readonly to: readonly number[];
  /** Epoch milliseconds; null: events carry no time. */
  readonly time: readonly number[] | null;
  readonly ratio: readonly number[];
  /** Newest first. */
  readonly episodes: readonly ReportEpisode[];
  readonly episodeCount: number;
}

/** `explained` false: left out, the file would become too large. */
export type ReportEpisode = EpisodeDto & { readonly explained: boolean };

/** What other alarm lines would have said, over all keys. */
export interface WhatIf {
  /** Alarms of the run that its levels are held against. */
  readonly episodes: number;
  /** Ascending. */
  readonly rows: readonly WhatIfRow[];
  /** False: the statistic of this run, which begins anew at each alarm, so nothing is known above its own line. */
  readonly beyond: boolean;
}

export interface WhatIfRow {
  /** Multiple of the monitor's own line. */
  readonly level: number;
  readonly alarms: number;
  /** Alarms of the run that it finds too. */
  readonly found: number;
  /** Alarms outside of those of the run. */
  readonly further: number;
  /** Events from where the change began (as this run says) to the alarm: median and 90 % quantile over those found. */
  readonly delay: { readonly median: number; readonly late: number } | null;
}
