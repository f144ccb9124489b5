/**
 * What lite-rvfl finds and what it alarms for nothing:
 * `node --import tsx bench/rvfl-drift.ts found|false STREAMS SEEDS EVENTS '{options}'`, streams by comma or all|measured.
 */
import { createTensors } from "../adapters/tensors/create.ts";
import { openModel } from "../detectors/lite-rvfl/model.ts";
import { options as schema } from "../detectors/lite-rvfl/options.ts";
import type { Model, Outcome } from "../engine/detector.ts";
import { CHANGES, type Generator, MEASURED, OTHERS, STATIONARY } from "./rvfl-streams.ts";

const [
  what = "found",
  which = "measured",
  seeds = "10",
  events = "10000",
  given = "{}",
  promise = "10000",
  first = "1000",
] = process.argv.slice(2);
const ALL: Record<string, Generator> = { ...MEASURED, ...OTHERS, ...STATIONARY };
const names = which === "measured" ? Object.keys(MEASURED) : which === "all" ? Object.keys(ALL) : which.split(",");
const tensors = createTensors("auto");

interface Alarm {
  readonly index: number;
  readonly gap: boolean;
  readonly onset: { readonly index: number; readonly low: number; readonly high: number };
}

function run(name: string, seed: number): { alarms: Alarm[]; score: Record<string, number>; events: number } {
  const stream = ALL[name]!(seed, Number(events), what === "found");
  const settings = { options: schema.parse(JSON.parse(given)), reference: null, promise: Number(promise), seed };
  const model = openModel(settings, { tensors, embedder: { kind: "none" } }) as Model;
  const state = model.init("k");
  const alarms: Alarm[] = [];
  stream.x.forEach((x, i) => {
    const [outcome] = model.step([{ state, event: { x, y: stream.y[i] }, time: null }]) as readonly Outcome[];
    for (const s of outcome!.signals) {
      if (s.kind === "drift") alarms.push({ index: i, gap: (s.threshold ?? 0) >= 100, onset: s.onset! });
    }
  });
  return { alarms, score: model.prequential!()!, events: stream.x.length };
}

const quantile = (of: number[], level: number): number | undefined =>
  [...of].sort((a, b) => a - b)[Math.floor(level * of.length)];

for (const name of names) {
  let all = 0;
  let gaps = 0;
  let total = 0;
  let wrong = 0;
  const delays: number[] = [];
  const byGap: number[] = [];
  const byMove: number[] = [];
  const scores: number[] = [];
  const off: number[] = [];
  let covered = 0;
  for (let s = 0; s < Number(seeds); s++) {
    const { alarms, score, events: n } = run(name, Number(first) + s);
    scores.push(score.accuracy ?? score.mae!);
    total += n;
    all += alarms.length;
    gaps += alarms.filter((a) => a.gap).length;
    if (what !== "found") continue;
    for (const c of CHANGES) {
      const hits = alarms.filter((a) => a.index >= c && a.index < c + 1000);
      const hit = hits[0];
      if (hit) {
        delays.push(hit.index - c);
        off.push(hit.onset.index - c);
        covered += Number(hit.onset.low <= c && c <= hit.onset.high);
      }
      const g = hits.find((a) => a.gap);
      if (g) byGap.push(g.index - c);
      const m = hits.find((a) => !a.gap);
      if (m) byMove.push(m.index - c);
    }
    wrong += alarms.filter((a) => !CHANGES.some((c) => a.index >= c && a.index < c + 1000)).length;
  }
  const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
  const shown =
    what === "found"
      ? `found ${delays.length}/${3 * Number(seeds)} = ${(delays.length / 3 / Number(seeds)).toFixed(2)}, median delay ${quantile(delays, 0.5)}; ` +
        `gap ${byGap.length} (${quantile(byGap, 0.5)}), displacement ${byMove.length} (${quantile(byMove, 0.5)}); elsewhere ${wrong}; ` +
        `onset off by ${quantile(off, 0.1)} ${quantile(off, 0.5)} ${quantile(off, 0.9)}, in its interval ${(covered / Math.max(1, delays.length)).toFixed(2)}`
      : `${all} alarms (gap ${gaps}, displacement ${all - gaps}) in ${total.toLocaleString("en")} events; promised ${(total / Number(promise)).toFixed(0)}`;
  console.log(`${name.padEnd(9)} ${shown}; score ${mean.toFixed(4)}`);
}
