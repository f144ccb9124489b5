import { describe, expect, test } from "vitest";
import type { Detector, Model } from "../../engine/detector.ts";
import type { SignalDraft } from "../../engine/signal.ts";
import { openExample } from "../../test/laws/run-model.ts";
import { contextDrift } from "./context-drift.ts";
import { type FleetPlan, simulateFleet } from "./simulated-fleet.ts";

/** Facts of simulated fleets; every parameter is estimated by the detector itself. Seeds as written. */

async function run(
  plan: FleetPlan,
  options: object = {},
  first = 500,
): Promise<(SignalDraft & { readonly at: string })[]> {
  const detector = { ...contextDrift, example: { ...contextDrift.example, options, reference: { first } } };
  const model = (await openExample(detector as unknown as Detector)) as Model;
  const state = model.init("k");
  const said: (SignalDraft & { readonly at: string })[] = [];
  for (const event of simulateFleet(plan)) {
    const [outcome] = await model.step([{ state, event, time: null }]);
    for (const signal of outcome!.signals) said.push({ ...signal, at: event.conversation });
  }
  for (const signal of model.finish!(state)) said.push({ ...signal, at: "" });
  return said;
}

function lastState(
  said: readonly SignalDraft[],
): { phi: number; equilibrium: number | null } & Record<string, unknown> {
  return said.findLast((s) => s.kind === "fleet_state")!.explanation as never;
}

describe("φ", () => {
  test.each([0, 0.5, 0.8])(
    "= %d is estimated within .08 in 19 of 20 fleets of 200 conversations of 10 turns",
    async (phi) => {
      const errors: number[] = [];
      for (let seed = 0; seed < 60; seed++) {
        const said = await run({ seed, conversations: 200, turns: 10, phi, tau: 1.5 });
        errors.push(Math.abs(lastState(said).phi - phi));
      }
      expect(errors.sort((a, b) => a - b)[56]!).toBeLessThan(0.08);
    },
    300_000,
  );
});

describe("an equilibrium", () => {
  test("is called for φ = .5, and hardly ever for a random walk", async () => {
    let walks = 0;
    let pulled = 0;
    for (let seed = 0; seed < 40; seed++) {
      const plan = { seed, conversations: 200, turns: 10, tau: 1.5 };
      if (lastState(await run({ ...plan, phi: 1 })).equilibrium !== null) walks++;
      const { equilibrium } = lastState(await run({ ...plan, phi: 0.5 }));
      if (equilibrium !== null && Math.abs(equilibrium - 10) < 0.5) pulled++;
    }
    // A chance of 2.2 % in 40 runs.
    expect(walks).toBeLessThanOrEqual(4);
    expect(pulled).toBeGreaterThanOrEqual(38);
  }, 300_000);
});

describe("a conversation", () => {
  test.each([
    [4, 0.3, 0.95],
    [4, 0.5, 0.95],
    [4, 0.8, 0.95],
    [3, 0.3, 0.75],
    [3, 0.5, 0.75],
    [3, 0.8, 0.75],
  ])(
    "that jumps by %d of its own standard deviations at φ = %d is flagged in time, few others are",
    async (size, phi, share) => {
      let jumped = 0;
      let flagged = 0;
      let quiet = 0;
      let falsely = 0;
      const delays: number[] = [];
      for (let seed = 0; seed < 6; seed++) {
        const isJump = (i: number): boolean => i >= 300 && i % 4 === 0;
        const turnOf = (i: number): number => 4 + ((i / 4) % 2);
        const by = size / Math.sqrt(1 - phi ** 2);
        const jump = (i: number) => (isJump(i) ? { turn: turnOf(i), by } : null);
        const said = await run({ seed, conversations: 600, turns: 10, phi, tau: 1.5, jump });
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
      expect(flagged / jumped).toBeGreaterThanOrEqual(share);
      expect(falsely / quiet).toBeLessThanOrEqual(0.02);
      expect(delays.sort((a, b) => a - b)[delays.length >>> 1]!).toBeLessThanOrEqual(2);
    },
    300_000,
  );
});

describe("a fleet", () => {
  test("that moves by half its spread is seen within 150 conversations in most runs", async () => {
    let seen = 0;
    for (let seed = 0; seed < 20; seed++) {
      const shift = (i: number): number => (i >= 500 ? 0.75 : 0);
      const said = await run({ seed, conversations: 650, turns: 10, phi: 0.5, tau: 1.5, shift });
      if (said.some((s) => s.kind === "fleet_shift")) seen++;
    }
    expect(seen).toBeGreaterThanOrEqual(16);
  }, 300_000);
});

describe("a reminder", () => {
  test.each([0, 1] as const)(
    "lowers by what it does, marked where it acts or before (%d)",
    async (marks) => {
      let near = 0;
      let contrasts = 0;
      const holdouts: number[] = [];
      for (let seed = 0; seed < 6; seed++) {
        // About 300 reminders, then 400 interventions at 50 % holdout.
        const plan = { seed, turns: 10, phi: 0.5, tau: 1.5 };
        const reminders = { above: 1, effect: 1, marks };
        const one = lastState(await run({ ...plan, conversations: 520, reminders: { ...reminders, holdout: 0.1 } }));
        if (Math.abs(Number(one.reminderEffect) - 1) < 0.2) near++;
        const two = lastState(await run({ ...plan, conversations: 900, reminders: { ...reminders, holdout: 0.5 } }));
        if (Math.abs(Number(two.holdoutContrast) - 1) < 0.2) contrasts++;
        holdouts.push((two.reminders as { holdoutBelow: number }).holdoutBelow);
      }
      expect(near).toBeGreaterThanOrEqual(5);
      expect(contrasts).toBeGreaterThanOrEqual(5);
      expect(Math.abs(holdouts.reduce((a, b) => a + b) / holdouts.length)).toBeLessThan(0.15);
    },
    300_000,
  );
});
