import type { Estimate } from "./intervals.ts";
import type { Evaluation } from "./run.ts";

const HEAD = ["monitor", "promise", "found", "rate", "median delay", "false alarms", "in 10,000 events", "repeats"];

/** One line a run, columns aligned; intervals are 95 %. */
export function evaluationTable(evaluations: readonly Evaluation[]): string {
  const rows = [HEAD, ...evaluations.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}

function cells({ monitor, promise, score }: Evaluation): string[] {
  const { changes, found, detectionRate, delay, falseAlarms, falseAlarmRate, quietEvents, repeats } = score;
  const percent = (share: number) => String(Math.round(share * 100));
  return [
    monitor,
    promise === null ? "none" : whole(promise),
    `${found}/${changes}`,
    detectionRate === null ? "-" : `${percent(detectionRate.value)} %${span(detectionRate, percent)}`,
    delay === null ? "-" : `${whole(delay.value)}${span(delay, whole)}`,
    `${falseAlarms} in ${whole(quietEvents)}`,
    falseAlarmRate === null ? "-" : `${short(falseAlarmRate.value)}${span(falseAlarmRate, short)}`,
    String(repeats),
  ];
}

/** Nothing where the sample is too small for an interval. */
function span({ low, high }: Estimate, text: (x: number) => string): string {
  return Number.isFinite(low) && Number.isFinite(high) ? ` (${text(low)}-${text(high)})` : "";
}

/** What the counts leave out, in sentences. */
export function evaluationNotes(evaluations: readonly Evaluation[]): readonly string[] {
  return evaluations.flatMap(({ monitor, score, rejected, lost, others }) => {
    const { unjudged, returns, returnsTold, events } = score;
    return [
      ...(events === 0 ? [`${monitor}: no event was accepted, ${rejected} rejected: is this its kind of stream?`] : []),
      ...(events > 0 && rejected > 0 ? [`${monitor}: ${rejected} events rejected.`] : []),
      ...(unjudged > 0
        ? [`${monitor}: ${unjudged} changes came while it was still learning, and are not counted.`]
        : []),
      ...(returns > 0
        ? [
            `${monitor}: ${returnsTold} of ${returns} returns to what a key began with raised an alarm too; they need not.`,
          ]
        : []),
      ...(others > 0 ? [`${monitor}: ${others} alarms were about a key as a whole, and are not counted.`] : []),
      ...(lost > 0 ? [`${monitor}: ${lost} changes have no accepted event after them, and are not counted.`] : []),
    ];
  });
}

function whole(x: number): string {
  return Math.round(x).toLocaleString("en");
}

function short(x: number): string {
  return x === 0 ? "0" : x >= 100 ? whole(x) : x.toPrecision(2);
}
