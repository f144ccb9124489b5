import type { MonitorView } from "../../engine/service-view.ts";
import { METRICS, PREFIX } from "./catalog.ts";
import type { Instruments } from "./instruments.ts";

type Labels = Readonly<Record<string, string>>;

/** OpenMetrics allows so many characters in an exemplar's labels, names included. */
const MOST = 128;

/** Series as the registry writes it → `{labels} value` of an event or signal that it counted. */
export function exemplarsOf({ measured }: Instruments, monitors: readonly MonitorView[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name: monitor, detector, counters } of monitors) {
    for (const { kind, severity, exemplar } of counters.signals) {
      if (exemplar === undefined) continue;
      const line = series("signals_total", { monitor, detector: detector.name, kind, severity });
      found.set(line, `${labelled({ signal_id: exemplar.signal, ...traced(exemplar.trace) })} 1`);
    }
    const latest = measured.get(monitor);
    if (latest === undefined) continue;
    const { seconds, exemplar } = latest;
    const bucket = BUCKETS.find((le) => seconds <= le);
    const line = series("event_to_decision_seconds_bucket", { le: String(bucket ?? "+Inf"), monitor });
    found.set(line, `${labelled({ event_id: exemplar.event, ...traced(exemplar.trace) })} ${seconds}`);
  }
  return found;
}

const LATENCY = METRICS.find((metric) => metric.name === "event_to_decision_seconds");
const BUCKETS: readonly number[] = LATENCY !== undefined && "buckets" in LATENCY ? LATENCY.buckets : [];

function traced(trace: string | null): Labels {
  return trace === null ? {} : { trace_id: trace };
}

function series(name: string, labels: Labels): string {
  return `${PREFIX}${name}${written(labels)}`;
}

/** What is too long for an exemplar is left out from the end. */
function labelled(labels: Labels): string {
  const kept: Record<string, string> = {};
  let length = 0;
  for (const [name, value] of Object.entries(labels)) {
    length += [...name].length + [...value].length;
    if (length > MOST) break;
    kept[name] = value;
  }
  return written(kept);
}

function written(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
