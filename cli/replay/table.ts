import type { Signal } from "../../engine/signal.ts";
import type { Comparison, Row } from "./compare.ts";
import type { Replay } from "./run.ts";

const ROWS = 20;
const SIGNALS = 10;

/** The replay for people, a text of a few dozen lines however much was said. */
export function replayText(replay: Replay): string {
  const { run, monitor, detector, topic, keyedAnew, stretches, comparison } = replay;
  const what = keyedAnew === null ? topic : `events of ${keyedAnew.source} keyed anew`;
  const lines = [`${run}: ${monitor} (${detector}) over ${what}, from no state, alerts muted`];
  for (const { partition, begin, from, to, gone } of stretches) {
    const warm = begin < from ? `, warmed up from ${begin}` : "";
    const lost = gone === null ? "" : `; ${gone.from} to ${gone.to} are no longer there`;
    lines.push(`  ${topic}[${partition}]  ${from} to ${to}${warm}${lost}`);
  }
  lines.push(`  ${counts(replay)}`);
  if (comparison === null) {
    lines.push("No live run of this monitor has read this stream: there is nothing to compare with.");
    return `${lines.join("\n")}\n`;
  }
  lines.push("", ...table(comparison), "", ...notes(replay, comparison));
  lines.push(...listed("Said then, not now", comparison.onlyThen), ...listed("Said now, not then", comparison.onlyNow));
  return `${lines.join("\n")}\n`;
}

function counts({ records, accepted, rejected, keys, keyedAnew, withoutRecord, missed }: Replay): string {
  const refused = Object.entries(rejected).map(([reason, n]) => `${whole(n)} ${reason}`);
  return [
    `${whole(records)} records`,
    `${whole(accepted)} accepted`,
    ...(refused.length > 0 ? [`refused: ${refused.join(", ")}`] : []),
    `${whole(keys)} keys`,
    ...(keyedAnew && keyedAnew.repeated > 0 ? [`${whole(keyedAnew.repeated)} were there before`] : []),
    ...(keyedAnew && keyedAnew.fedAgain > 0 ? [`${whole(keyedAnew.fedAgain)} fed again, left out`] : []),
    ...(withoutRecord > 0 ? [`${whole(withoutRecord)} offsets without a record (compacted, aborted, markers)`] : []),
    ...(missed > 0 ? [`${whole(missed)} removed by retention while it read`] : []),
  ].join(", ");
}

const HEAD = ["", "same", "only then", "only now", "not compared"];

/** By kind over all keys, then the keys that differ. */
function table({ rows }: Comparison): string[] {
  const kinds = new Map<string, Row>();
  for (const row of rows) {
    const sum = kinds.get(row.kind) ?? { key: "", kind: row.kind, same: 0, onlyThen: 0, onlyNow: 0, notCompared: 0 };
    sum.same += row.same;
    sum.onlyThen += row.onlyThen;
    sum.onlyNow += row.onlyNow;
    sum.notCompared += row.notCompared;
    kinds.set(row.kind, sum);
  }
  if (kinds.size === 0) return ["Nothing was said, then or now."];
  const cells = (name: string, row: Row) =>
    [name, row.same, row.onlyThen, row.onlyNow, row.notCompared].map((cell) =>
      typeof cell === "number" ? whole(cell) : cell,
    );
  const differing = rows.filter((row) => row.onlyThen + row.onlyNow > 0);
  const body = [
    HEAD,
    ...[...kinds.values()].map((row) => cells(row.kind, row)),
    ...differing.slice(0, ROWS).map((row) => cells(`  ${shown(row.key)} ${row.kind}`, row)),
  ];
  const widths = HEAD.map((_, i) => Math.max(...body.map((row) => row[i]!.length)));
  const text = body.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
  const more = differing.length - ROWS;
  return more > 0 ? [...text, `  and ${whole(more)} more keys and kinds that differ (--json has them)`] : text;
}

/** From where on both are comparable, and what is not. */
function notes({ histories, stretches }: Replay, { notCompared, saidOtherwise, moved, same }: Comparison): string[] {
  const lines: string[] = [];
  if (histories !== null) {
    const { same: equal, other, unknown, mostMissing } = histories;
    if (equal > 0) lines.push(`${counted(equal, "key")} had the same past in the live run as here.`);
    if (other > 0 && mostMissing > 0)
      lines.push(
        `${counted(other, "key")} had up to ${counted(mostMissing, "event")} more behind it in the live run, and so another reference: \`--warm-up\` begins earlier.`,
      );
    else if (other > 0) lines.push(`${counted(other, "key")} had another past in the live run than here.`);
    if (unknown > 0) lines.push(`Of ${counted(unknown, "key")} the past cannot be compared.`);
  }
  const { learning, gone, ahead } = notCompared;
  const apart = (n: number, why: string) => {
    if (n > 0) lines.push(`Not compared: ${counted(n, "signal")} ${why}.`);
  };
  apart(learning, "from where the key was still learning in the replay");
  apart(gone, "about records that are no longer there");
  apart(ahead, "ahead of the live run");
  for (const { partition, live, from, to } of stretches) {
    if (live === null) lines.push(`Partition ${partition} was never read live.`);
    else if (live < to) lines.push(`The live run is at ${Math.max(live, from)} of partition ${partition}.`);
  }
  if (moved > 0) lines.push(`Of the same ones, ${whole(moved)} came some events earlier or later.`);
  if (saidOtherwise > 0)
    lines.push(`Of the ${whole(same)} same ones, ${whole(saidOtherwise)} differ in statistic, onset or explanation.`);
  return lines;
}

function listed(title: string, signals: readonly Signal[]): string[] {
  if (signals.length === 0) return [];
  const lines = signals.slice(0, SIGNALS).map(({ position, time, key, kind, summary }) => {
    const place = `${position.topic}[${position.partition}]@${position.offset}`;
    return `  ${place}  ${time ?? "-"}  ${shown(key)}  ${kind}  ${shown(summary)}`;
  });
  const more = signals.length - SIGNALS;
  return ["", `${title}:`, ...lines, ...(more > 0 ? [`  and ${whole(more)} more (--json has them)`] : [])];
}

function shown(text: string): string {
  const plain = text.replaceAll(/\p{C}/gu, "·");
  return plain.length > 160 ? `${plain.slice(0, 159)}…` : plain;
}

function counted(n: number, noun: string): string {
  return `${whole(n)} ${noun}${n === 1 ? "" : "s"}`;
}

function whole(x: number): string {
  return x.toLocaleString("en");
}
