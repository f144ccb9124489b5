import { contextDrift } from "../../detectors/context-drift/context-drift.ts";
import { type FleetPlan, simulateFleet } from "../../detectors/context-drift/simulated-fleet.ts";
import type { Detector, Model } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { openExample } from "../laws/run-model.ts";

/**
 * What context-drift says of simulated fleets: conversations of 10 turns, levels with a spread of 1.5 σ, all parameters its own
 * estimates. Measured here, judged by the tests (few seeds) and told by bench/context-drift-facts.ts (many others).
 */
const BASE = { turns: 10, tau: 1.5 };

/** `at`: the conversation whose turn said it. */
type Said = SignalDraft & { readonly at: string };

interface FleetState extends Record<string, unknown> {
  readonly phi: number;
  readonly equilibrium: number | null;
}

async function run(plan: Omit<FleetPlan, "turns" | "tau">): Promise<{ said: readonly Said[]; last: FleetState }> {
  const detector = { ...contextDrift, example: { ...contextDrift.example, options: {}, reference: { first: 500 } } };
  const model = (await openExample(detector as unknown as Detector)) as Model;
  const state = model.init("k");
  const said: Said[] = [];
  for (const event of simulateFleet({ ...BASE, ...plan })) {
    const [outcome] = await model.step([{ state, event, time: null }]);
    for (const signal of outcome!.signals) said.push({ ...signal, at: event.conversation });
  }
  for (const signal of model.finish!(state)) said.push({ ...signal, at: "" });
  return { said, last: said.findLast((s) => s.kind === "fleet_state")!.explanation as unknown as FleetState };
}

/** |φ̂ − φ| of a fleet of 200 conversations per seed, ascending. */
export async function errorsOfPhi(phi: number, seeds: readonly number[]): Promise<readonly number[]> {
  const errors: number[] = [];
  for (const seed of seeds) errors.push(Math.abs((await run({ seed, conversations: 200, phi })).last.phi - phi));
  return errors.sort((a, b) => a - b);
}

/** D* of a fleet of 200 conversations per seed; null: none was called. It is 10 where φ < 1. */
export async function equilibria(phi: number, seeds: readonly number[]): Promise<readonly (number | null)[]> {
  const found: (number | null)[] = [];
  for (const seed of seeds) found.push((await run({ seed, conversations: 200, phi })).last.equilibrium);
  return found;
}

export interface Jumps {
  readonly jumped: number;
  readonly flagged: number;
  readonly quiet: number;
  /** Of the quiet ones. */
  readonly falsely: number;
  /** Median of the flagged, turns: 1 is the turn of the jump. */
  readonly delay: number;
}

/** After 300 conversations each fourth jumps at turn 4 or 5 by `size` standard deviations of its own noise. */
export async function jumps(size: number, phi: number, seeds: readonly number[]): Promise<Jumps> {
  const isJump = (i: number): boolean => i >= 300 && i % 4 === 0;
  const turnOf = (i: number): number => 4 + ((i / 4) % 2);
  const by = size / Math.sqrt(1 - phi ** 2);
  const jump = (i: number) => (isJump(i) ? { turn: turnOf(i), by } : null);
  let [jumped, flagged, quiet, falsely] = [0, 0, 0, 0];
  const delays: number[] = [];
  for (const seed of seeds) {
    const { said } = await run({ seed, conversations: 600, phi, jump });
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
  const delay = delays.sort((a, b) => a - b)[delays.length >>> 1] ?? Number.POSITIVE_INFINITY;
  return { jumped, flagged, quiet, falsely, delay };
}

/** Fleets whose level moves by .5 τ after 500 conversations and for which that is said within 150. */
export async function shiftsFound(phi: number, seeds: readonly number[]): Promise<number> {
  let found = 0;
  for (const seed of seeds) {
    const shift = (i: number): number => (i >= 500 ? 0.5 * BASE.tau : 0);
    const { said } = await run({ seed, conversations: 650, phi, shift });
    if (said.some((s) => s.kind === "fleet_shift")) found++;
  }
  return found;
}

/** Shifts said of fleets that stay as they are, in 10,000 conversations after the reference per seed. */
export async function falseShifts(phi: number, seeds: readonly number[]): Promise<number> {
  let alarms = 0;
  for (const seed of seeds) {
    const { said } = await run({ seed, conversations: 10_500, phi });
    alarms += said.filter((s) => s.kind === "fleet_shift").length;
  }
  return alarms;
}

export interface Reminders {
  /** Of ~300 reminders that lower the next turn by 1, by the conversations' own predictions. */
  readonly effects: readonly number[];
  /** Of ~400 interventions, half of them withheld: the contrast, and the holdouts' mean innovation. */
  readonly contrasts: readonly number[];
  readonly holdouts: readonly number[];
}

/** `marks`: how many turns before it acts a reminder is marked. One number a seed. */
export async function reminders(marks: 0 | 1, seeds: readonly number[]): Promise<Reminders> {
  const effects: number[] = [];
  const contrasts: number[] = [];
  const holdouts: number[] = [];
  for (const seed of seeds) {
    const plan = { seed, phi: 0.5 };
    const given = { above: 1, effect: 1, marks };
    const one = await run({ ...plan, conversations: 520, reminders: { ...given, holdout: 0.1 } });
    const two = await run({ ...plan, conversations: 900, reminders: { ...given, holdout: 0.5 } });
    effects.push(Number(one.last.reminderEffect));
    contrasts.push(Number(two.last.holdoutContrast));
    holdouts.push((two.last.reminders as { holdoutBelow: number }).holdoutBelow);
  }
  return { effects, contrasts, holdouts };
}

export function near(values: readonly number[], wanted: number, within: number): number {
  return values.filter((value) => Math.abs(value - wanted) < within).length;
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
