import type { Monitor } from "../../engine/monitor.ts";
import type { DeadLetter, Store } from "../../engine/store.ts";

export interface Summary {
  readonly events: number;
  readonly accepted: number;
  readonly rejected: Readonly<Record<string, number>>;
  /** Passed over: their ids had come before. Where the monitor has `dedupe`. */
  readonly duplicates?: number;
  readonly keys: number;
  readonly signals: Readonly<Record<string, number>>;
  readonly eventsPerSecond: number;
  readonly cpuMicrosecondsPerEvent: number;
  /** For detectors that predict: test-then-train over the whole input. */
  readonly prequential?: Readonly<Record<string, number>>;
}

export interface Spent {
  readonly seconds: number;
  readonly cpuMicroseconds: number;
}

/** What was spent since then. */
export function startMeasuring(): () => Spent {
  const cpu = process.cpuUsage();
  const started = performance.now();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - started) / 1000, cpuMicroseconds: user + system };
  };
}

export async function summarise(monitor: Monitor, store: Store, spent: Spent): Promise<Summary> {
  const { counters } = monitor;
  const signals: Record<string, number> = {};
  for (const [name, count] of counters.signals) {
    const kind = name.split("\u0000")[0]!;
    signals[kind] = (signals[kind] ?? 0) + count;
  }
  const byStatus = await store.keyCounts(monitor.run, monitor.name);
  const events = counters.consumed;
  const prequential = monitor.model.prequential?.() ?? null;
  return {
    events,
    accepted: counters.accepted,
    rejected: counters.rejected,
    ...(monitor.dedupe === undefined ? {} : { duplicates: counters.duplicates }),
    keys: Object.values(byStatus).reduce((a, b) => a + b, 0),
    signals,
    eventsPerSecond: Math.round(events / Math.max(spent.seconds, 1e-9)),
    cpuMicrosecondsPerEvent: events === 0 ? 0 : Math.round((spent.cpuMicroseconds / events) * 1000) / 1000,
    ...(prequential ? { prequential } : {}),
  };
}

/** `refused`: the first event that was rejected, an example of why. */
export function printSummary(
  summary: Summary,
  refused: DeadLetter | null,
  title: string,
  out: NodeJS.WritableStream,
): void {
  const list = (counts: Readonly<Record<string, number>>): string => {
    const text = Object.entries(counts).map(([name, n]) => `${name} ${n.toLocaleString("en")}`);
    return text.length === 0 ? "none" : text.join(", ");
  };
  const rows: [string, string][] = [
    ["events", summary.events.toLocaleString("en")],
    ["accepted", summary.accepted.toLocaleString("en")],
    ["rejected", list(summary.rejected)],
    ...(refused ? [["first rejected", `line ${refused.offset + 1}: ${refused.detail}`] as [string, string]] : []),
    ...(summary.duplicates === undefined
      ? []
      : [["duplicates", summary.duplicates.toLocaleString("en")] as [string, string]]),
    ["keys", summary.keys.toLocaleString("en")],
    ["signals", list(summary.signals)],
    ...(summary.prequential ? [["prequential", scores(summary.prequential)] as [string, string]] : []),
    ["events per second", summary.eventsPerSecond.toLocaleString("en")],
    ["CPU µs per event", String(summary.cpuMicrosecondsPerEvent)],
  ];
  out.write(`${title}\n${rows.map(([name, value]) => `  ${name.padEnd(18)} ${value}`).join("\n")}\n`);
}

function scores(prequential: Readonly<Record<string, number>>): string {
  return Object.entries(prequential)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(", ");
}
