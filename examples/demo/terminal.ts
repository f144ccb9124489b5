import type { Received } from "./receiver.ts";

/** Where in the addresses a sentence stands; a session is a block of ten sentences. */
export interface Place {
  readonly year: number;
  readonly speaker: string;
  readonly session: string;
}

type PlaceOf = (index: number) => Place;

interface Cluster {
  readonly terms: readonly string[];
  readonly examples: readonly string[];
  readonly share: number;
  readonly shareBefore: number;
  readonly lift: number;
}

/** One change point as a person wants to read it. */
export function printChange(signal: Received, started: number, placeOf: PlaceOf): void {
  const after = Math.round((performance.now() - started) / 1000);
  process.stdout.write(
    `  ■ ${signal.kind} after ${after} s, ${spoken(placeOf(signal.index))}\n${explain(signal, placeOf)}\n`,
  );
}

function explain(signal: Received, placeOf: PlaceOf): string {
  const lines = [`    ${signal.summary}`];
  if (signal.onset)
    lines.push(
      `    began about ${placeOf(signal.onset.index).year}, session ${placeOf(signal.onset.index).session} (sentence ${Math.round(signal.onset.index)} of ${signal.index})`,
    );
  for (const cluster of clustersOf(signal).slice(0, 3)) {
    lines.push(
      `    · ${cluster.terms.slice(0, 6).join(", ")}: ${percent(cluster.shareBefore)} → ${percent(cluster.share)}`,
    );
    if (cluster.examples[0]) lines.push(`      “${shorten(cluster.examples[0])}”`);
  }
  return `${lines.join("\n")}\n`;
}

export function printSummary(
  signals: readonly Received[],
  overview: {
    readonly monitors: readonly {
      name: string;
      events: { consumed: number; accepted: number; rejected: number };
      keys: { total: number };
    }[];
  },
  webhooks: readonly Received[],
  placeOf: PlaceOf,
  seconds: number,
): void {
  const text = signals.filter((s) => s.detector === "short-text" && (s.kind === "drift" || s.kind === "surge"));
  process.stdout.write(`\n  Change points in real text (${text.length}):\n\n`);
  for (const s of text)
    process.stdout.write(`  ■ ${s.kind} at sentence ${s.index}, ${spoken(placeOf(s.index))}\n${explain(s, placeOf)}\n`);
  const rows = overview.monitors.map((m) => {
    const own = signals.filter((s) => s.monitor === m.name);
    const kinds = [...new Set(own.map((s) => s.kind))]
      .map((k) => `${k} ${own.filter((s) => s.kind === k).length}`)
      .join(", ");
    return [m.name, m.events.consumed, m.events.accepted, m.events.rejected, m.keys.total, kinds || "none"].map(String);
  });
  const head = ["monitor", "events", "accepted", "rejected", "keys", "signals"];
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => r[i]!.length)));
  const line = (cells: readonly string[]): string => `  ${cells.map((c, i) => c.padEnd(widths[i]!)).join("  ")}\n`;
  process.stdout.write(line(head) + rows.map(line).join(""));
  process.stdout.write(`\n  ${webhooks.length} signed webhook(s) received; ${seconds.toFixed(1)} s in all.\n`);
}

function clustersOf(signal: Received): readonly Cluster[] {
  const { clusters } = signal.explanation as { clusters?: readonly Cluster[] };
  return clusters ?? [];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function shorten(text: string): string {
  return text.length <= 110 ? text : `${text.slice(0, 107)}…`;
}

function spoken({ year, speaker, session }: Place): string {
  return `address of ${year} (${speaker}, session ${session})`;
}
