/**
 * What context-drift promises of simulated fleets, over other seeds than its tests have; all parameters are its own estimates.
 *
 *   node --import tsx bench/context-drift-facts.ts [first seed, default 1000]
 */
import { contextDrift } from "../detectors/context-drift/context-drift.ts";
import { type FleetPlan, simulateFleet } from "../detectors/context-drift/simulated-fleet.ts";
import type { Detector, Model } from "../engine/detector.ts";
import type { SignalDraft } from "../engine/signal.ts";
import { openExample } from "../test/laws/run-model.ts";

const FIRST = Number(process.argv[2] ?? 1000);
const BASE = { turns: 10, tau: 1.5 };

type Said = SignalDraft & { readonly at: string };

async function run(plan: FleetPlan): Promise<{ said: readonly Said[]; last: Record<string, unknown> }> {
  const detector = { ...contextDrift, example: { ...contextDrift.example, options: {}, reference: { first: 500 } } };
  const model = (await openExample(detector as unknown as Detector)) as Model;
  const state = model.init("k");
  const said: Said[] = [];
  for (const event of simulateFleet(plan)) {
    const [outcome] = await model.step([{ state, event, time: null }]);
    for (const signal of outcome!.signals) said.push({ ...signal, at: event.conversation });
  }
  for (const signal of model.finish!(state)) said.push({ ...signal, at: "" });
  return { said, last: said.findLast((s) => s.kind === "fleet_state")!.explanation };
}

const seeds = (count: number) => Array.from({ length: count }, (_, i) => FIRST + i);
const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} % (${part} of ${whole})`;

function tell(fact: string, wanted: string, measured: string): void {
  console.log(`| ${fact} | ${wanted} | ${measured} |`);
}

async function contraction(): Promise<void> {
  for (const phi of [0, 0.5, 0.8]) {
    const errors: number[] = [];
    for (const seed of seeds(200)) {
      const { last } = await run({ ...BASE, seed, conversations: 200, phi });
      errors.push(Math.abs(Number(last.phi) - phi));
    }
    const at = errors.sort((a, b) => a - b)[189]!;
    tell(`error of φ = ${phi}, 95 % quantile, 200 conversations × 10 turns, 200 fleets`, "< .08", at.toFixed(3));
  }
}

async function equilibrium(): Promise<void> {
  for (const [phi, wanted] of [
    [1, "≤ 5 %"],
    [0.5, "≥ 95 %"],
  ] as const) {
    let called = 0;
    for (const seed of seeds(300)) {
      const { last } = await run({ ...BASE, seed, conversations: 200, phi });
      if (last.equilibrium !== null) called++;
    }
    tell(`fleets of φ = ${phi} called an equilibrium, 200 conversations`, wanted, share(called, 300));
  }
}

async function jumps(): Promise<void> {
  for (const phi of [0, 0.3, 0.5, 0.8]) {
    for (const [size, wanted] of [
      [4, 95],
      [3, 75],
    ] as const) {
      const isJump = (i: number): boolean => i >= 300 && i % 4 === 0;
      const turnOf = (i: number): number => 4 + ((i / 4) % 2);
      const by = size / Math.sqrt(1 - phi ** 2);
      let [jumped, flagged, quiet, falsely] = [0, 0, 0, 0];
      const delays: number[] = [];
      for (const seed of seeds(20)) {
        const jump = (i: number) => (isJump(i) ? { turn: turnOf(i), by } : null);
        const { said } = await run({ ...BASE, seed, conversations: 600, phi, jump });
        const flags = new Map(
          said.flatMap((s) => (s.kind.startsWith("conversation_") ? [[s.at, Number(s.explanation.turn)]] : [])),
        );
        for (let i = 300; i < 600; i++) {
          const turn = flags.get(`c${i}`);
          if (!isJump(i)) {
            quiet++;
            if (turn !== undefined) falsely++;
            continue;
          }
          jumped++;
          if (turn === undefined || turn < turnOf(i)) continue;
          flagged++;
          delays.push(turn - turnOf(i) + 1);
        }
      }
      const middle = delays.sort((a, b) => a - b)[delays.length >>> 1]!;
      const fact = `jump of ${size} sd at φ = ${phi}: found; median delay; flagged falsely`;
      const measured = `${share(flagged, jumped)}; ${middle} turns; ${share(falsely, quiet)}`;
      tell(fact, `≥ ${wanted} %; ≤ 2; ≤ 2 %`, measured);
    }
  }
}

async function shifts(): Promise<void> {
  for (const phi of [0, 0.3, 0.5]) {
    let found = 0;
    for (const seed of seeds(200)) {
      const shift = (i: number): number => (i >= 500 ? 0.75 : 0);
      const { said } = await run({ ...BASE, seed, conversations: 650, phi, shift });
      if (said.some((s) => s.kind === "fleet_shift")) found++;
    }
    tell(`fleet shift of .5 τ at φ = ${phi} found within 150 conversations`, "≥ 85 %", share(found, 200));
  }
  let alarms = 0;
  for (const seed of seeds(20)) {
    const { said } = await run({ ...BASE, seed, conversations: 10_500, phi: 0.5 });
    alarms += said.filter((s) => s.kind === "fleet_shift").length;
  }
  tell("false fleet shifts in 200,000 conversations at one in 10,000 promised", "≤ 31", String(alarms));
}

async function reminders(): Promise<void> {
  for (const marks of [0, 1] as const) {
    const effects: number[] = [];
    const contrasts: number[] = [];
    const holdouts: number[] = [];
    for (const seed of seeds(40)) {
      const plan = { ...BASE, seed, phi: 0.5 };
      const given = { above: 1, effect: 1, marks };
      const one = await run({ ...plan, conversations: 520, reminders: { ...given, holdout: 0.1 } });
      const two = await run({ ...plan, conversations: 900, reminders: { ...given, holdout: 0.5 } });
      effects.push(Number(one.last.reminderEffect));
      contrasts.push(Number(two.last.holdoutContrast));
      holdouts.push((two.last.reminders as { holdoutBelow: number }).holdoutBelow);
    }
    const near = (values: readonly number[]) => values.filter((v) => Math.abs(v - 1) < 0.2).length;
    const mean = (values: readonly number[]) => (values.reduce((a, b) => a + b, 0) / values.length).toFixed(3);
    const where = marks === 0 ? "where it acts" : "the turn before";
    const said = (values: readonly number[]) => `${share(near(values), values.length)}, mean ${mean(values)}`;
    tell(`reminder effect of 1 sd by the model, ~300 reminders, marked ${where}: within 20 %`, "yes", said(effects));
    tell(`its holdout contrast, ~400 at 50 % holdout, marked ${where}: within 20 %`, "yes", said(contrasts));
    tell(`mean innovation of the holdouts, marked ${where}`, "0", mean(holdouts));
  }
}

console.log(`seeds from ${FIRST} on\n\n| fact | wanted | measured |\n|---|---|---|`);
await contraction();
await equilibrium();
await jumps();
await shifts();
await reminders();
